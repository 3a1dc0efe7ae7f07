/** What is told of a run: from the run's record and its model's card, in MLflow's words. */
import { userInfo } from 'node:os'
import { flattenSettings } from '../../shared/run-settings.ts'
import type { EpochMetrics, RunRecord, StepSeries } from '../../shared/training.ts'
import type { ModelCard } from '../train/model/model-folder.ts'
import { runTag, type Metric, type Pair } from './mlflow.ts'

/** All that is known of a run. */
export interface RunFacts {
  readonly record: RunRecord
  readonly project: { readonly id: string; readonly name: string; readonly folder: string }
  /** Of its model; null while there is none. */
  readonly card: ModelCard | null
  /** Null where none are known. */
  readonly steps: StepSeries | null
}

/** MLflow cuts longer values silently. */
const longest = { param: 6000, tag: 8000 } as const
const cutParam = ' … (cut; whole in settings.json)'

export const paramsOf = (settings: object): Pair[] =>
  Object.entries(flattenSettings(settings)).flatMap(([key, value]) =>
    value === null || value === ''
      ? []
      : [{ key: key.replace(/[^\w\-. /]/g, '_').slice(0, 250), value: cut(String(value), longest.param, cutParam) }],
  )

const cut = (text: string, length: number, remark: string): string =>
  text.length <= length ? text : `${text.slice(0, length - remark.length)}${remark}`

/** What a person wants to read first. */
function noteOf({ record, card, project }: RunFacts): string {
  const { settings, photos, classes } = record
  const how = settings.mode === 'scratch' ? 'from scratch' : `(${settings.mode})`
  const trained = `${record.model} trained ${how} on ${photos.train} photos of ${classes.length} classes of “${project.name}”.`
  const test = card?.metrics.test
  const [low, high] = (test?.interval ?? []).map((share) => `${(100 * share).toFixed(1)} %`)
  const tested = test
    ? ` Accuracy on ${test.photos} test photos: ${(100 * test.accuracy).toFixed(1)} % (${low} to ${high}).`
    : ''
  return [record.notes, trained + tested].filter(Boolean).join('\n\n')
}

/** Tags that a run is made with, by which it is found again. */
export const firstTagsOf = ({ record, project }: RunFacts): Pair[] => [
  { key: runTag, value: record.id },
  { key: 'fleuron.project', value: project.name },
  { key: 'fleuron.project.id', value: project.id },
  { key: 'mlflow.user', value: userInfo().username },
  { key: 'mlflow.source.name', value: 'Fleuron' },
  { key: 'mlflow.source.type', value: 'LOCAL' },
]

/** Tags that change as the run goes on, and later, when somebody writes on it. */
export function tagsOf(facts: RunFacts): Pair[] {
  const { record } = facts
  const { version, onnxruntime, device, weights } = record.origin ?? {}
  const tags: Record<string, string | null | undefined> = {
    'mlflow.note.content': noteOf(facts),
    'fleuron.number': String(record.number),
    'fleuron.state': record.state,
    'fleuron.classes': JSON.stringify(record.classes.map(({ name }) => name)),
    // Also when there are none: there may have been some before.
    'fleuron.tags': record.tags.join(', '),
    'fleuron.archived': String(record.archived),
    'fleuron.error': record.error?.message,
    'fleuron.warnings': record.warnings.join('\n') || null,
    'fleuron.version': version,
    'fleuron.onnxruntime': onnxruntime,
    'fleuron.device': device && `${device.name}, ${device.threads} threads`,
    'fleuron.weights': weights?.file,
  }
  return Object.entries(tags).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [{ key, value: cut(value, longest.tag, ' …') }],
  )
}

/** Names as they stand on the server. */
const epochMetrics = {
  trainLoss: 'train_loss',
  trainAccuracy: 'train_accuracy',
  trainMacroF1: 'train_macro_f1',
  validationLoss: 'validation_loss',
  validationAccuracy: 'validation_accuracy',
  validationMacroF1: 'validation_macro_f1',
  learningRate: 'learning_rate',
  gradientNorm: 'gradient_norm',
  inputShare: 'input_share',
  computeShare: 'compute_share',
  imagesPerSecond: 'images_per_second',
  seconds: 'epoch_seconds',
} as const satisfies Record<Exclude<keyof EpochMetrics, 'epoch'>, string>

/**
 * When each epoch ended, milliseconds since 1970, behind the moment at which the first one began. It follows from the
 * record alone, so that a metric sent again is the same metric.
 */
function epochTimes({ startedAt, history }: RunRecord): number[] {
  let time = Date.parse(startedAt)
  return [time, ...history.map(({ seconds }) => (time += seconds * 1000))]
}

/** Metrics of the epochs after `epoch`; the epoch is the step. */
export function metricsAfter(record: RunRecord, epoch: number): Metric[] {
  const times = epochTimes(record)
  return record.history.flatMap((metrics, index) => {
    if (metrics.epoch <= epoch) return []
    const timestamp = times[index + 1] as number
    return Object.entries(epochMetrics).flatMap(([name, key]) => {
      const value: unknown = metrics[name as keyof typeof epochMetrics]
      return typeof value === 'number' ? [{ key, value, timestamp, step: metrics.epoch }] : []
    })
  })
}

/**
 * Loss and rate of the steps after `after`, of epochs that are complete; the step of the run is the step. Other keys than
 * those of the epochs, whose steps count otherwise.
 */
export function stepMetricsAfter(record: RunRecord, steps: StepSeries | null, after: number): Metric[] {
  if (steps === null) return []
  const times = epochTimes(record)
  return steps.steps.flatMap((step, index) => {
    const epoch = Math.ceil(step / steps.stepsPerEpoch)
    if (step <= after || epoch > record.history.length) return []
    const [from, to] = [times[epoch - 1] as number, times[epoch] as number]
    const timestamp = from + (to - from) * (step / steps.stepsPerEpoch - epoch + 1)
    return [
      { key: 'step_loss', value: steps.losses[index] as number, timestamp, step },
      { key: 'step_learning_rate', value: steps.learningRates[index] as number, timestamp, step },
    ]
  })
}

/** When the run ended, milliseconds since 1970. */
export const endOf = ({ startedAt, seconds }: RunRecord): number => Date.parse(startedAt) + (seconds ?? 0) * 1000

/** What has come of it, at its best epoch. */
export function finalMetricsOf({ record, card }: RunFacts): Metric[] {
  const test = card?.metrics.test
  const figures = {
    best_epoch: record.bestEpoch,
    best_validation_accuracy: record.validationAccuracy,
    test_accuracy: test?.accuracy,
    test_accuracy_low: test?.interval[0],
    test_accuracy_high: test?.interval[1],
    test_loss: test?.loss,
    run_seconds: record.seconds,
  }
  const [timestamp, step] = [endOf(record), record.bestEpoch ?? 0]
  return Object.entries(figures).flatMap(([key, value]) =>
    typeof value === 'number' ? [{ key, value, timestamp, step }] : [],
  )
}

/** The photos that were trained on; null until their contents are known. */
export function datasetOf({ record, project }: RunFacts) {
  if (record.origin === null) return null
  const { train, validation, test } = record.photos
  return {
    name: project.name.slice(0, 500),
    // MLflow keeps 36 characters.
    digest: record.origin.fingerprint.slice(0, 32),
    source_type: 'local',
    source: JSON.stringify({ uri: project.folder }),
    profile: JSON.stringify({
      num_rows: train + validation + test,
      photos: record.photos,
      classes: record.classes.map(({ name }) => name),
    }),
  }
}
