import { openSession, productsSaturate } from '../runtime/index.ts'
import type { NodeProto } from '../graph/onnx_pb.ts'
import { observe, type PhotoBatch } from './calibrate.ts'
import { quantizeDynamically } from './dynamic.ts'
import { foldIntoConvolutions } from './fold-constants.ts'
import type { Histogram, RangeRule } from './histogram.ts'
import { OnnxGraph } from './onnx-graph.ts'
import { isConvolution, planStatic } from './plan.ts'
import { quantizeStatically } from './static.ts'
import { activateBeforePooling, averageByConvolution } from './pooling.ts'

export interface QuantizeOptions {
  /** A classifier as exportClassifier writes it. */
  readonly model: Uint8Array
  /** Photos like those to come; the same at every call. Some tens are enough. */
  readonly photos: () => AsyncIterable<PhotoBatch>
  /** Called between parts of the work; what it throws ends it. */
  readonly breathe?: () => Promise<void>
}

/** A model that can be written with more or less of it on bytes. */
export interface Quantizer {
  /**
   * 'static': activations have scales from the calibration, as suits convolutions; 'dynamic': scales of every batch's
   * own, as suits transformers.
   */
  readonly method: 'static' | 'dynamic'
  /** Bits of the weights: 7 on processors whose products of bytes would overflow. */
  readonly bits: 7 | 8
  /** Nodes with weights that can be on bytes. */
  readonly nodes: readonly string[]
  /** Of these, such as a few values far outside of the others spoil: best left in float32 from the start. */
  readonly spoiled: readonly string[]
  /** The model with all nodes on bytes but these. */
  write(floats: ReadonlySet<string>): Uint8Array
  /**
   * How far the logits move when this node alone is on bytes: root mean square, relative to the logits. On the first
   * batch of the photos.
   */
  errorOf(node: string): Promise<number>
}

/** Without ranges to find, what spoils the values that nodes read shows in a few photos. */
const noiseBatches = 2
/** Relative variance above which rounding spoils what a node reads (see `Histogram.noise`). */
const mostNoise = 0.01

/**
 * Makes an exported classifier ready for 8 bits: weights become signed bytes with a scale for each channel, activations
 * unsigned ones. What comes after the features (classifier, rejector, temperature) stays in float32.
 */
export async function openQuantizer({ model, photos, breathe }: QuantizeOptions): Promise<Quantizer> {
  const prepared = (): OnnxGraph => {
    const graph = new OnnxGraph(model)
    foldIntoConvolutions(graph)
    averageByConvolution(graph)
    activateBeforePooling(graph)
    return graph
  }
  const graph = prepared()
  const bits = (await productsSaturate()) ? 7 : 8
  const products = weightedProducts(graph)
  const method = products.length > 0 ? 'dynamic' : 'static'
  const weighted = method === 'dynamic' ? products : graph.nodes.filter((node) => isConvolution(graph, node))
  const nodes = weighted.map(({ name }) => name)
  const inputs = weighted.map(({ input }) => input[0] ?? '')
  const values = new Set([...inputs, ...(method === 'static' ? planStatic(graph, new Set()).scaleOf.keys() : [])])
  await breathe?.()
  const seen = await observe(graph, [...values], method === 'static' ? photos() : first(photos(), noiseBatches))
  await breathe?.()
  const spoiled = nodes.filter((_, index) => (seen.get(inputs[index] ?? '')?.noise ?? 0) > mostNoise)

  const writeBy = (rule: RangeRule, floats: ReadonlySet<string>): Uint8Array => {
    const own = prepared()
    if (method === 'dynamic') {
      quantizeDynamically(
        own,
        weightedProducts(own).filter(({ name }) => !floats.has(name)),
        bits,
      )
    } else quantizeStatically(own, planStatic(own, floats), rangesBy(rule, seen), bits)
    return own.write()
  }
  const rule = method === 'static' ? await betterRule(model, writeBy, new Set(spoiled), photos) : 'all'
  return {
    method,
    bits,
    nodes,
    spoiled,
    write: (floats) => writeBy(rule, floats),
    async errorOf(node) {
      await breathe?.()
      return logitsError(model, writeBy(rule, new Set(nodes.filter((each) => each !== node))), photos)
    },
  }
}

async function* first<T>(all: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let taken = 0
  for await (const one of all) {
    yield one
    if (++taken === count) return
  }
}

/**
 * Which nodes to leave in float32, so that what `loss` says of the model is at most `tolerance`: as few as can be, those
 * that move the logits most first, twice as many with every try. Null when nothing but all of them would do. The last
 * model that `loss` saw is the one that is answered.
 */
export async function leastFloats(
  quantizer: Quantizer,
  loss: (model: Uint8Array) => Promise<number>,
  tolerance: number,
): Promise<ReadonlySet<string> | null> {
  const { nodes, spoiled } = quantizer
  const floats = new Set(spoiled)
  if ((await loss(quantizer.write(floats))) <= tolerance) return floats
  const errors: { readonly node: string; readonly error: number }[] = []
  for (const node of nodes) if (!floats.has(node)) errors.push({ node, error: await quantizer.errorOf(node) })
  const ranked = errors.sort((a, b) => b.error - a.error).map(({ node }) => node)
  const most = ranked.length - 1
  for (let count = 1; count <= most; count = count === most ? most + 1 : Math.min(2 * count, most)) {
    const more = new Set([...floats, ...ranked.slice(0, count)])
    if ((await loss(quantizer.write(more))) <= tolerance) return more
  }
  return null
}

const rangesBy = (rule: RangeRule, seen: ReadonlyMap<string, Histogram>) =>
  new Map([...seen].map(([value, histogram]) => [value, histogram.range(rule)]))

/** Products with constant weights on the way to the features; what comes after them does not count. */
function weightedProducts(graph: OnnxGraph): NodeProto[] {
  const after = new Set(['features'])
  return graph.nodes.filter((node) => {
    if (node.input.some((name) => after.has(name))) {
      node.output.forEach((name) => after.add(name))
      return false
    }
    return node.opType === 'MatMul' && graph.floats(node.input[1])?.shape.length === 2
  })
}

/** All values that were seen, or all but the farthest: whichever moves the logits less. */
async function betterRule(
  model: Uint8Array,
  writeBy: (rule: RangeRule, floats: ReadonlySet<string>) => Uint8Array,
  floats: ReadonlySet<string>,
  photos: () => AsyncIterable<PhotoBatch>,
): Promise<RangeRule> {
  const errorBy = (rule: RangeRule) => logitsError(model, writeBy(rule, floats), photos)
  return (await errorBy('percentile')) < (await errorBy('all')) ? 'percentile' : 'all'
}

/** Root mean square of the difference between the logits of two models, relative to those of the first. */
async function logitsError(
  model: Uint8Array,
  other: Uint8Array,
  photos: () => AsyncIterable<PhotoBatch>,
): Promise<number> {
  const [wanted, found] = [await firstLogits(model, photos), await firstLogits(other, photos)]
  let [difference, size] = [0, 0]
  wanted.forEach((value, index) => {
    difference += (value - (found[index] as number)) ** 2
    size += value ** 2
  })
  return Math.sqrt(difference / size)
}

async function firstLogits(model: Uint8Array, photos: () => AsyncIterable<PhotoBatch>): Promise<Float32Array> {
  const session = await openSession(model)
  try {
    for await (const image of photos()) return (await session.run({ image }))['logits']?.data as Float32Array
    return new Float32Array(0)
  } finally {
    await session.close()
  }
}
