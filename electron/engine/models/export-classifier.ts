import {
  Pass,
  add,
  constant,
  exportOnnx,
  input,
  mul,
  neg,
  normalize,
  reduceMax,
  reduceSum,
  reshape,
  sizeOf,
  softmax,
  sub,
  linear,
} from '../graph/index.ts'
import type { Shape, Tensor } from '../graph/index.ts'
import type { Model, ModelConfig } from './model.ts'
import { poolViews, type TestTime } from './test-time.ts'

/** Version of the layout described here: names of inputs and outputs and the keys of the metadata. */
export const classifierFormat = '1'

/**
 * What tells photos of the known classes from others, as numbers for the graph. Each view looks at the features in its
 * own way and gives a squared distance to every class; the score is minus the smallest sum over the views.
 */
export interface RejectorTensors {
  /** Length D of the features. */
  readonly dimensions: number
  readonly views: readonly RejectorView[]
}

export interface RejectorView {
  /** [D]: subtracted from the features, whose length is then made 1: their direction as seen from here. */
  readonly centre: Float32Array
  /** [D, D], row-major: after it, distances are Euclidean. */
  readonly whitening: Float32Array
  /** The classes in whitened space, [classes, D], row-major; in the same order in all views. */
  readonly means: Float32Array
}

/** How a photo becomes the input: resize, crop, divide by 255. The rest is in the graph. */
export interface Preprocessing {
  /** The shorter side after resizing, keeping the aspect ratio; the longer one is rounded down. */
  readonly resizeShorterSideTo: number
  readonly interpolation: ModelConfig['interpolation']
  /** Height and width of the central crop. */
  readonly centerCrop: readonly [height: number, width: number]
  /** Applied inside the graph, per channel, to pixels in 0 … 1; here for the record. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

export interface ClassifierExport {
  readonly model: Model
  /** A value for every parameter and buffer, by name. */
  readonly state: ReadonlyMap<string, Float32Array>
  /** Names of the classes, in the order of the outputs. */
  readonly classNames: readonly string[]
  /** Calibration: the logits are divided by it. 1 unless given. */
  readonly temperature?: number
  /** Views of each photo that the graph makes and averages. Each photo as it is unless given. */
  readonly testTime?: TestTime
  readonly rejector?: RejectorTensors
  /** Limits on score and probability, and whatever else should travel with the model, by name: written as JSON. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

export function preprocessingOf({ config, inputSize }: Model): Preprocessing {
  const { mean, std, interpolation, cropPct } = config
  // Rounded down, as timm does: 224 / 0.9 is 248.
  return {
    resizeShorterSideTo: Math.floor(Math.min(...inputSize) / cropPct),
    interpolation,
    centerCrop: inputSize,
    mean,
    std,
  }
}

const perChannel = (values: readonly number[]) => constant(values, [values.length, 1, 1])

/** Photos [N, 3, H, W] in 0 … 1 → what the model takes. */
export function normalisePhotos(photos: Tensor, { mean, std }: ModelConfig): Tensor {
  const factor = std.map((value) => 1 / value)
  return add(
    mul(photos, perChannel(factor)),
    perChannel(mean.map((value, channel) => -value / (std[channel] as number))),
  )
}

/** Squared distances to the classes in one view: [N, D] → [N, classes]. */
function viewDistances(features: Tensor, dimensions: number, { centre, whitening, means }: RejectorView): Tensor {
  const batch = features.shape[0] as Shape[number]
  const seen = normalize(sub(features, constant(centre)))
  const points = linear(seen, constant(whitening, [dimensions, dimensions]))
  const classes = constant(means, [1, means.length / dimensions, dimensions])
  const offset = sub(reshape(points, [batch, 1, dimensions]), classes)
  return reduceSum(mul(offset, offset), [2])
}

/** [N, D] → [N]. */
function rejectorScore(features: Tensor, { dimensions, views }: RejectorTensors): Tensor {
  const distances = views.map((view) => viewDistances(features, dimensions, view))
  return reduceMax(neg(distances.reduce((sum, distance) => add(sum, distance))), [1])
}

/**
 * A finished classifier as an ONNX file that runs in any ONNX Runtime.
 *
 * Input `image`: float32 [N, 3, H, W], red, green, blue in 0 … 1. Outputs: `probability` [N, classes], softmax of
 * logits / temperature; `logits` [N, classes], as they are; `features` [N, D], what enters the classifier; with a
 * rejector `score` [N], higher for photos like those of the known classes. With test-time augmentation the graph makes
 * the views itself, and features and logits are the means over them.
 *
 * Metadata: `fleuron.format`; `fleuron.model` (name in the registry); `fleuron.classes` (JSON list of names);
 * `fleuron.preprocessing` (JSON, see `Preprocessing`); `fleuron.temperature`; `fleuron.testTime` where there is more than one view;
 * and a `fleuron.<name>` in JSON for each of `metadata`.
 */
export function exportClassifier(options: ClassifierExport): Uint8Array {
  const { model, state, classNames, temperature = 1, testTime = 'none', rejector, metadata = {} } = options
  if (classNames.length !== model.classes) {
    throw new Error(`${classNames.length} class names do not go with a model of ${model.classes} classes.`)
  }
  if (rejector !== undefined && rejector.dimensions !== model.featureCount) {
    throw new Error(`A rejector of ${rejector.dimensions} features does not go with a model of ${model.featureCount}.`)
  }
  const pass = new Pass({ training: false })
  const photos = normalisePhotos(input('image', ['N', 3, ...model.inputSize]), model.config)
  const pooled = poolViews(pass, model, photos, testTime)
  const logits = model.classify(pass, pooled)
  for (const { name, shape } of pass.variables) {
    const found = state.get(name)?.length
    if (found !== sizeOf(shape))
      throw new Error(`The weight ${name} needs ${sizeOf(shape)} values, not ${found ?? 'none'}.`)
  }
  const entries = Object.entries({
    preprocessing: preprocessingOf(model),
    classes: classNames,
    temperature,
    ...(testTime === 'none' ? {} : { testTime }),
    ...metadata,
  }).map(([key, value]) => [`fleuron.${key}`, JSON.stringify(value)])
  return exportOnnx({
    outputs: {
      probability: softmax(mul(logits, 1 / temperature)),
      logits,
      features: pooled,
      ...(rejector === undefined ? {} : { score: rejectorScore(pooled, rejector) }),
    },
    parameters: state,
    metadata: { 'fleuron.format': classifierFormat, 'fleuron.model': model.name, ...Object.fromEntries(entries) },
  })
}
