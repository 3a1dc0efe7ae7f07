import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Contract } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import { sweepSpec, type Assignments, type Spread, type Study, type StudySpec } from '../../../shared/study.ts'
import type { TrainMode } from '../../../shared/training.ts'
import { figureCells } from '../../train/study/summarise.ts'
import { finished, withProject } from '../connection.ts'
import type { Output } from '../output.ts'
import { percent, table } from '../table.ts'

/** Trains what a file asks for: `{"vary": {"learningRate": [0.001, 0.003]}, "seeds": 3}`. */
export const sweep = (options: { project: string; spec: string }): Promise<Study> =>
  withProject(options.project, async (services) => {
    const spec = await services.studies.sweep({ spec: await readSpec(options.spec) })
    return carryOut(services, spec)
  })

export interface ReadyStudyOptions {
  project: string
  model?: string
  mode?: string
  /** Of an architecture study, e.g. `resnet18:scratch`. */
  way?: string[]
  seeds: number
  set: string[]
}

export const readyStudy = (
  kind: 'augmentation' | 'architecture',
  { project, model, mode, way = [], seeds, set }: ReadyStudyOptions,
): Promise<Study> =>
  withProject(project, async (services) => {
    const spec = await services.studies.ready({
      kind,
      seeds,
      set: Object.fromEntries(set.map(assignment)),
      ...(model === undefined ? {} : { model }),
      ...(mode === undefined ? {} : { mode: mode as TrainMode }),
      ...(way.length === 0 ? {} : { ways: way.map(wayOf) }),
    })
    return carryOut(services, spec)
  })

/** Goes on with a study that was paused or cut off; `study` is its number or its id. */
export const resumeStudy = (study: string, options: { project: string }): Promise<Study> =>
  withProject(options.project, async (services) => {
    const studies = await services.studies.list()
    const found = studies.find(({ id, number }) => id === study || String(number) === study)
    if (found === undefined) {
      const known = studies.map(({ number, spec, state }) => `${number} (${spec.name}, ${state})`).join(', ') || 'none'
      throw new FleuronError('not-found', `There is no study “${study}” in this project; there are ${known}.`)
    }
    const { task } = await services.studies.resume({ study: found.id })
    return result(services, found.id, task)
  })

async function carryOut(services: Contract, spec: StudySpec): Promise<Study> {
  const { study, task } = await services.studies.start({ spec })
  return result(services, study, task)
}

async function result(services: Contract, study: string, task: string): Promise<Study> {
  await finished(services, task)
  return services.studies.get({ study })
}

function wayOf(text: string): { model: string; mode: TrainMode } {
  const [model = '', mode, ...rest] = text.split(':')
  if (mode !== undefined && rest.length === 0) return { model, mode: mode as TrainMode }
  throw new FleuronError('invalid-input', `“${text}” is no way of training; write model:mode, e.g. resnet18:scratch.`)
}

function assignment(text: string): [string, Assignments[string]] {
  const split = text.indexOf('=')
  if (split > 0) return [text.slice(0, split).trim(), text.slice(split + 1)]
  throw new FleuronError('invalid-input', `“${text}” is no setting; write key=value, for example epochs=20.`)
}

async function readSpec(file: string): Promise<z.infer<typeof sweepSpec>> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new FleuronError('not-found', `${file} cannot be read; name a JSON file with what to vary.`, { cause: error })
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new FleuronError('invalid-input', `${file} is no JSON: ${(error as Error).message}.`, { cause: error })
  }
  const parsed = sweepSpec.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.')
  throw new FleuronError('invalid-input', `${file} is no sweep: ${where}: ${issue?.message ?? 'not understood'}.`)
}

const spread = (value: Spread | null): string => {
  if (value === null) return '–'
  const { mean, interval } = value
  return interval === null ? percent(mean) : `${percent(mean)} ± ${((interval[1] - mean) * 100).toFixed(1)}`
}

export function printStudy(output: Output, { spec, state, summary, sentence, runs, number }: Study): void {
  const done = runs.filter((run) => run.state === 'done').length
  output.line(`${spec.name}: ${done} of ${runs.length} runs\n`)
  output.line(
    table(
      ['variant', 'runs', 'training', 'validation', 'gap', 'test', 'calibration error', 'seconds', 'photos/s', 'size'],
      summary.map((variant) => [
        variant.name,
        variant.runs,
        spread(variant.train),
        spread(variant.validation),
        spread(variant.gap),
        spread(variant.test),
        ...figureCells(variant),
      ]),
    ),
  )
  if (sentence !== null) output.line(`\n${sentence}`)
  if (state === 'paused') output.line(`\nPaused; "fleuron study resume ${number}" goes on with it.`)
}
