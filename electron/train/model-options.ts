import type { TrainMode, ModelOption, RunSummary } from '../../shared/training.ts'
import { createModel, modelEntries, modelEntry, parameterCount } from '../engine/index.ts'
import { findWeights, type WeightPlaces } from './find-weights.ts'
import { defaultSettings, trainingWays } from './settings.ts'
import { hubUrl, type RemoteWeights } from './weights-download.ts'
import { weightsFileName, weightsFolder } from './find-weights.ts'
import { join } from 'node:path'

const bytesPerParameter = 4
/** Classes of the photos that published weights were trained on (ImageNet). */
const publishedClasses = 1000

const subtitles: Record<TrainMode, string> = { scratch: 'from scratch', frozen: 'frozen backbone' }

/** Models whose weights are published. */
export const modelsWithWeights: readonly string[] = modelEntries
  .filter(({ config }) => config.hubId !== null)
  .map(({ name }) => name)

/** The published weights of a model; null when there are none. */
export function publishedWeights(model: string, home: string): RemoteWeights | null {
  const { title, config } = modelEntry(model)
  if (config.hubId === null) return null
  return {
    title,
    url: hubUrl(config.hubId),
    bytes: parameterCount(createModel(model, { classes: publishedClasses })) * bytesPerParameter,
    to: join(weightsFolder(home), weightsFileName(model)),
  }
}

/** Best validation accuracy of the runs that trained a model in this way. */
function bestOf(runs: readonly RunSummary[], model: string, mode: TrainMode): number | null {
  const accuracies = runs
    .filter((run) => run.hasModel && run.model === model && run.mode === mode)
    .flatMap(({ validationAccuracy }) => (validationAccuracy === null ? [] : [validationAccuracy]))
  return accuracies.length === 0 ? null : Math.max(...accuracies)
}

/** The cards of the Train screen. A pretrained backbone is recommended as soon as its weights are on this computer. */
export function modelOptions(state: {
  classes: number
  labelled: number
  runs: readonly RunSummary[]
  places: WeightPlaces
}): ModelOption[] {
  const { classes, labelled, runs, places } = state
  const options = trainingWays.map(({ model, mode, description }): ModelOption => {
    const { title, config } = modelEntry(model)
    const parameters = parameterCount(createModel(model, { classes: Math.max(classes, 1) }))
    const atHand = mode === 'scratch' || findWeights(model, modelsWithWeights, places) !== null
    const published = mode === 'scratch' ? null : publishedWeights(model, places.home)
    return {
      model,
      mode,
      title,
      subtitle: subtitles[mode],
      description,
      parameters,
      modelBytes: parameters * bytesPerParameter,
      weights: mode === 'scratch' ? 'not-needed' : atHand ? 'at-hand' : 'download',
      download:
        atHand || published === null
          ? null
          : { source: published.url, bytes: published.bytes, licence: config.license ?? 'unknown' },
      recommended: false,
      bestAccuracy: bestOf(runs, model, mode),
      defaults: defaultSettings(model, mode, labelled),
    }
  })
  const best = options.find(({ weights }) => weights === 'at-hand') ?? options.find(({ mode }) => mode === 'scratch')
  return options.map((option) => ({ ...option, recommended: option === best }))
}
