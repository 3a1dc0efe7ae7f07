import { join } from 'node:path'
import type { ModelDescription, ModelOption, RunSummary, TrainMode } from '../../../shared/training.ts'
import { createModel, macs, modelEntries, modelEntry, parameterCount } from '../../engine/index.ts'
import { findWeights, weightsFileName, weightsFolder, type WeightPlaces } from '../weights/find-weights.ts'
import { recipeOf } from './recipes.ts'
import { featuredWays, modesOf, pretrainedModels, ways, type Way } from './ways.ts'
import { hubUrl, type RemoteWeights } from '../weights/weights-download.ts'

const bytesPerParameter = 4
/** Classes of the photos that published weights were trained on (ImageNet). */
const publishedClasses = 1000

const subtitles: Record<TrainMode, string> = {
  scratch: 'from scratch',
  finetune: 'fine-tuned',
  frozen: 'frozen backbone',
}

/** What a way of training is good for, in two sentences. */
const descriptions: Record<TrainMode, string> = {
  scratch: 'Learns from your photos alone. Nothing to fetch; wants some hundred photos of a class.',
  finetune:
    'Has looked at a million photos before and adapts what it knows to yours. Takes its time, and learns most from some hundred photos or more.',
  frozen: 'Has looked at a million photos before and learns your classes on top. Quick, and good with few photos.',
}
const smallestDescription =
  'A small network that learns from your photos alone. Nothing to fetch; wants a hundred photos of a class or more.'

const counted = new Map<string, number>()

/** Counting builds the whole graph, so it is done once. */
function parametersOf(model: string, classes: number): number {
  const key = `${model} ${classes}`
  const count = counted.get(key) ?? parameterCount(createModel(model, { classes }))
  counted.set(key, count)
  return count
}

/** The published weights of a model; null when there are none. */
export function publishedWeights(model: string, home: string): RemoteWeights | null {
  const { title, config } = modelEntry(model)
  if (config.hubId === null) return null
  return {
    title,
    url: hubUrl(config.hubId),
    bytes: parametersOf(model, publishedClasses) * bytesPerParameter,
    to: join(weightsFolder(home), weightsFileName(model)),
  }
}

/** What stands between a pretrained model and its training. */
function weightsState(model: string, places: WeightPlaces): 'at-hand' | 'download' | 'file' {
  if (findWeights(model, pretrainedModels, places) !== null) return 'at-hand'
  return publishedWeights(model, places.home) === null ? 'file' : 'download'
}

/** Best validation accuracy of the runs that trained a model in this way. */
function bestOf(runs: readonly RunSummary[], { model, mode }: Way): number | null {
  const accuracies = runs
    .filter((run) => run.hasModel && run.model === model && run.mode === mode)
    .flatMap(({ validationAccuracy }) => (validationAccuracy === null ? [] : [validationAccuracy]))
  return accuracies.length === 0 ? null : Math.max(...accuracies)
}

/** The choices of the Train screen. A frozen backbone is recommended as soon as its weights are on this computer. */
export function modelOptions(state: {
  classes: number
  labelled: number
  runs: readonly RunSummary[]
  places: WeightPlaces
}): ModelOption[] {
  const { classes, labelled, runs, places } = state
  const options = ways.map((way): ModelOption => {
    const { model, mode } = way
    const { title, config } = modelEntry(model)
    const parameters = parametersOf(model, Math.max(classes, 1))
    const weights = mode === 'scratch' ? 'not-needed' : weightsState(model, places)
    const published = weights === 'download' ? publishedWeights(model, places.home) : null
    const { settings, reasons } = recipeOf(way, labelled)
    return {
      ...way,
      title,
      subtitle: subtitles[mode],
      description: model === 'simple_cnn' ? smallestDescription : descriptions[mode],
      parameters,
      modelBytes: parameters * bytesPerParameter,
      weights,
      download: published && { source: published.url, bytes: published.bytes, licence: config.license ?? 'unknown' },
      recommended: false,
      featured: featuredWays.includes(way),
      bestAccuracy: bestOf(runs, way),
      defaults: settings,
      reasons,
    }
  })
  const featured = options.filter((option) => option.featured)
  const best = featured.find(({ weights }) => weights === 'at-hand') ?? featured.find(({ mode }) => mode === 'scratch')
  return options.map((option) => ({ ...option, recommended: option === best }))
}

/** Every model of the registry, as the command line lists them. */
export function describeModels(places: WeightPlaces): ModelDescription[] {
  return modelEntries.map(({ name, title, config }) => {
    const model = createModel(name, { classes: publishedClasses })
    const [height, width] = config.inputSize
    return {
      name,
      title,
      parameters: parametersOf(name, publishedClasses),
      macs: macs(model),
      inputSize: [height, width],
      modes: [...modesOf(name)],
      stages: model.stages.length - 1,
      weights: pretrainedModels.includes(name) ? weightsState(name, places) : 'not-needed',
    }
  })
}
