import { existsSync } from 'node:fs'
import type { Contract } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type { ModelOption, RunState, TrainSettings } from '../../../shared/training.ts'
import { setSettings } from '../../train/settings/set-settings.ts'
import { finished, withProject } from '../connection.ts'
import { confusionTable, percent } from '../table.ts'
import type { Output } from '../output.ts'

export interface TrainOptions {
  project: string
  model?: string
  mode?: string
  set: string[]
}

export interface TrainResult {
  run: string
  /** Counts from 1 within the project. */
  number: number
  state: RunState
  /** The model folder. */
  model: string
  settings: TrainSettings
  bestEpoch: number
  /** Epochs that were run. */
  epochs: number
  seconds: number
  validation: { accuracy: number; loss: number }
  test: { accuracy: number; interval: [number, number]; confusion: number[][]; classes: string[] } | null
  /** What is worth knowing: a sentence each. */
  warnings: string[]
  /** Photos of the project that took no part. */
  unreadable: { path: string; reason: string }[]
}

export const train = (options: TrainOptions): Promise<TrainResult> =>
  withProject(options.project, (services) => trainIn(services, options))

export async function trainIn(services: Contract, options: Omit<TrainOptions, 'project'>): Promise<TrainResult> {
  const settings = await chosenSettings(services, options)
  const { run, task } = await services.training.start({ settings })
  await finished(services, task)
  return resultOf(services, run)
}

/** The settings that the flags describe. @throws FleuronError when there is no such way, or its weights are wanting */
export async function chosenSettings(
  services: Contract,
  options: Pick<TrainOptions, 'model' | 'mode' | 'set'>,
): Promise<TrainSettings> {
  const choice = choose(await services.training.options(), options)
  const named = process.env['FLEURON_WEIGHTS']
  const wanting = choice.weights === 'download' || choice.weights === 'file'
  if ((wanting || (choice.mode === 'scratch' && !options.model && !options.mode)) && named && !existsSync(named)) {
    throw new FleuronError(
      'not-found',
      `FLEURON_WEIGHTS names ${named}, where nothing is; correct it, or unset it to train without pretrained weights.`,
    )
  }
  if (wanting) {
    throw new FleuronError(
      'not-ready',
      `${choice.title} needs pretrained weights, which are not on this computer; set FLEURON_WEIGHTS to ${choice.model}.safetensors or to its folder, or train --model simple_cnn.`,
    )
  }
  return setSettings(choice.defaults, options.set)
}

/** What has become of a run whose task has ended. */
export async function resultOf(services: Contract, run: string): Promise<TrainResult> {
  const record = await services.training.run({ run })
  if (record.state === 'paused') {
    throw new FleuronError(
      'cancelled',
      `Run ${record.number} was paused after epoch ${record.history.length}; "fleuron resume ${record.number}" goes on with it.`,
    )
  }
  if (record.modelDirectory === null || record.bestEpoch === null) {
    throw FleuronError.fromValue(
      record.error ?? { code: 'compute-failed', message: 'Training ended without a model; try again.' },
    )
  }
  const test = record.photos.test > 0 ? await services.review.evaluation({ run, split: 'test' }) : null
  return {
    run,
    number: record.number,
    state: record.state,
    model: record.modelDirectory,
    settings: record.settings,
    bestEpoch: record.bestEpoch,
    epochs: record.history.length,
    seconds: record.seconds ?? 0,
    validation: { accuracy: record.validationAccuracy ?? 0, loss: record.validationLoss ?? 0 },
    test: test && {
      accuracy: test.accuracy,
      interval: test.interval,
      confusion: test.confusion,
      classes: test.classes.map(({ name }) => name),
    },
    warnings: record.warnings,
    unreadable: (await services.projects.current())?.unreadable ?? [],
  }
}

/** Without a flag, what the Train screen recommends. */
function choose(options: ModelOption[], wanted: { model?: string; mode?: string }): ModelOption {
  const fitting = options.filter(
    ({ model, mode }) => model === (wanted.model ?? model) && mode === (wanted.mode ?? mode),
  )
  const choice = fitting.find(({ recommended }) => recommended) ?? fitting[0]
  if (choice) return choice
  const ofModel = options.filter(({ model }) => model === wanted.model)
  const known =
    ofModel.length > 0
      ? `--mode ${[...new Set(ofModel.map(({ mode }) => mode))].join(', ')}`
      : `--model ${[...new Set(options.map(({ model }) => model))].join(', ')}`
  throw new FleuronError('invalid-input', `There is no such way to train; choose one of: ${known}.`)
}

export function printTraining(output: Output, result: TrainResult): void {
  const { validation, test } = result
  output.line(
    `Validation accuracy ${percent(validation.accuracy)} in epoch ${result.bestEpoch}, after ${result.seconds.toFixed(0)} s`,
  )
  if (test) {
    const [low, high] = test.interval
    output.line(`Test accuracy ${percent(test.accuracy)} (${percent(low)} to ${percent(high)})\n`)
    output.line(confusionTable(test.classes, test.confusion))
  }
  for (const warning of result.warnings) output.line(warning)
  for (const { path, reason } of result.unreadable) output.line(`  could not be read: ${path}: ${reason}`)
  output.line(`\nModel: ${result.model}`)
}
