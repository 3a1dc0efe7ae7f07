/** The cases of oracle/ops.json as graphs, for the tests of everything that can compute one. */
import { join } from 'node:path'
import { expect } from 'vitest'
import * as g from './index.ts'
import type { Tensor, TensorData } from './index.ts'
import { readShared, sharedFolder } from './testing.ts'

interface Reference {
  readonly tensor: string
  readonly shape: readonly number[]
}
/** The attributes of the oracle, by its own names; each case has some of them. */
interface Attributes {
  readonly strides?: g.Pair
  readonly pads?: g.Pads
  readonly dilations?: g.Pair
  readonly kernel?: g.Pair
  readonly group?: number
  readonly groups?: number
  readonly approximate?: 'none' | 'tanh'
  readonly exponent?: number
  readonly min?: number
  readonly max?: number
  readonly axis?: number
  readonly axes?: readonly number[]
  readonly keepDims?: boolean
  readonly epsilon?: number
  readonly momentum?: number
  readonly training?: boolean
  readonly countIncludePad?: boolean
  readonly perm?: readonly number[]
  readonly shape?: readonly number[]
  readonly starts?: readonly number[]
  readonly ends?: readonly number[]
  readonly steps?: readonly number[]
  readonly mode?: 'constant' | 'reflect' | 'edge'
  readonly value?: number | null
  readonly probability?: number
  readonly scale?: number
  readonly labelSmoothing?: number
  readonly gamma?: number
  readonly alpha?: number
}
interface Case {
  readonly name: string
  readonly op: string
  readonly attributes: Attributes
  readonly inputs: Readonly<Record<string, Reference>>
  readonly constants: Readonly<Record<string, Reference>>
  readonly upstream: Reference | number
  readonly results: Readonly<Record<string, Reference>>
}
type Named = Readonly<Record<string, Tensor>>
/** Output first; further results by the names of the oracle. */
type Build = (inputs: Required<Named>, constants: Named, attributes: Attributes, of: Case) => Tensor | Named

const get = (tensors: Named, name: string): Tensor => {
  const tensor = tensors[name]
  if (tensor === undefined) throw new Error(`there is no ${name}`)
  return tensor
}
const optional = <K extends string>(tensors: Named, ...names: K[]): { [P in K]?: Tensor } =>
  Object.fromEntries(names.flatMap((name) => (tensors[name] === undefined ? [] : [[name, tensors[name]]]))) as {
    [P in K]?: Tensor
  }

const unary =
  (operation: (x: Tensor) => Tensor): Build =>
  (inputs) =>
    operation(get(inputs, 'x'))
const binary =
  (operation: (a: Tensor, b: Tensor) => Tensor): Build =>
  (inputs) =>
    operation(get(inputs, 'a'), get(inputs, 'b'))

const builders: Readonly<Record<string, Build>> = {
  conv2d: (i, _, a) => g.conv2d(get(i, 'x'), get(i, 'weight'), { ...a, ...optional(i, 'bias') }),
  linear: (i) => g.linear(get(i, 'x'), get(i, 'weight'), i['bias']),
  matmul: binary(g.matmul),
  add: binary(g.add),
  sub: binary(g.sub),
  mul: binary(g.mul),
  div: binary(g.div),
  relu: unary(g.relu),
  relu6: unary(g.relu6),
  sigmoid: unary(g.sigmoid),
  tanh: unary(g.tanh),
  silu: unary(g.silu),
  hard_swish: unary(g.hardSwish),
  hard_sigmoid: unary(g.hardSigmoid),
  erf: unary(g.erf),
  exp: unary(g.exp),
  neg: unary(g.neg),
  abs: unary(g.abs),
  gelu: (i, _, a) => g.gelu(get(i, 'x'), a.approximate),
  log: unary(g.log),
  sqrt: unary(g.sqrt),
  reciprocal: unary(g.reciprocal),
  pow: (i, _, a) => g.pow(get(i, 'x'), i['exponent'] ?? a.exponent ?? 0),
  clip: (i, _, a) => g.clip(get(i, 'x'), a.min ?? 0, a.max ?? 0),
  softmax: (i, _, a) => g.softmax(get(i, 'x'), a.axis),
  log_softmax: (i, _, a) => g.logSoftmax(get(i, 'x'), a.axis),
  layer_norm: (i, _, a) =>
    g.layerNorm(get(i, 'x'), {
      ...optional(i, 'weight', 'bias'),
      epsilon: a.epsilon ?? 0,
      axes: a.axes?.length ?? 1,
    }),
  layer_norm_2d: (i, _, a) =>
    g.layerNorm2d(get(i, 'x'), { weight: get(i, 'weight'), bias: get(i, 'bias'), epsilon: a.epsilon ?? 0 }),
  batch_norm: (i, c, a) => {
    const [x, weight, bias] = [get(i, 'x'), get(i, 'weight'), get(i, 'bias')]
    const [mean, variance] = [get(c, 'runningMean'), get(c, 'runningVariance')]
    if (!a.training) return g.batchNormInference(x, { weight, bias, mean, variance }, a.epsilon)
    const batch = g.batchNormTraining(x, weight, bias, { epsilon: a.epsilon ?? 0 })
    const momentum: number = a.momentum ?? 0
    const next = (old: Tensor, now: Tensor): Tensor => g.add(g.mul(old, 1 - momentum), g.mul(now, momentum))
    const unbiased = g.mul(batch.variance, batch.count / (batch.count - 1))
    return {
      output: batch.output,
      newRunningMean: next(mean, batch.mean),
      newRunningVariance: next(variance, unbiased),
    }
  },
  group_norm: (i, _, a) => g.groupNorm(get(i, 'x'), a.groups ?? 0, get(i, 'weight'), get(i, 'bias'), a.epsilon),
  max_pool: (i, _, a) => g.maxPool2d(get(i, 'x'), a.kernel ?? 0, a),
  avg_pool: (i, _, a) => g.avgPool2d(get(i, 'x'), a.kernel ?? 0, { ...a, countIncludePad: a.countIncludePad ?? true }),
  global_avg_pool: unary((x) => g.reshape(g.globalAveragePool(x), [...x.shape.slice(0, 2), 1, 1])),
  reduce_mean: (i, _, a) => g.reduceMean(get(i, 'x'), a.axes, a.keepDims),
  reduce_sum: (i, _, a) => g.reduceSum(get(i, 'x'), a.axes, a.keepDims),
  reduce_max: (i, _, a) => g.reduceMax(get(i, 'x'), a.axes, a.keepDims),
  transpose: (i, _, a) => g.transpose(get(i, 'x'), a.perm ?? []),
  reshape: (i, _, a) => g.reshape(get(i, 'x'), a.shape ?? []),
  flatten: (i) => g.flatten(get(i, 'x')),
  expand: (i, _, a) => g.expand(get(i, 'x'), a.shape ?? []),
  slice: (i, _, a) => {
    const ranges = (a.axes ?? []).map((axis, k) => {
      return { axis, start: a.starts?.[k] ?? 0, end: a.ends?.[k] ?? 0, step: a.steps?.[k] ?? 1 }
    })
    return g.slice(get(i, 'x'), ...ranges)
  },
  concat: (i, _, a) => g.concat(Object.values(i), a.axis ?? 0),
  pad: (i, _, a) => {
    const [top, left, bottom, right] = a.pads ?? [0, 0, 0, 0]
    const all = [0, 0, top, left, 0, 0, bottom, right]
    const { mode = 'constant' } = a
    return mode === 'constant' ? g.pad(get(i, 'x'), all, a.value ?? 0) : g.padBy(mode, get(i, 'x'), all)
  },
  gather: (i, c, a) => g.gather(get(i, 'x'), get(c, 'indices'), a.axis ?? 0),
  where: (i, c) => g.where(g.cast(get(c, 'condition'), 'bool'), get(i, 'a'), get(i, 'b')),
  dropout: (i, c, a) => g.dropoutMasked(get(i, 'x'), g.cast(get(c, 'mask'), 'float32'), a.probability ?? 0),
  stochastic_depth: (i, c, a) =>
    g.add(get(i, 'shortcut'), g.dropoutMasked(get(i, 'branch'), g.cast(get(c, 'mask'), 'float32'), a.probability ?? 0)),
  layer_scale: (i, _, a) => {
    const [x, gamma] = [get(i, 'x'), get(i, 'gamma')]
    const channelsFirst = a.axis === 1
    return g.mul(x, channelsFirst ? g.reshape(gamma, [-1, ...x.shape.slice(2).map(() => 1)]) : gamma)
  },
  attention: (i, _, a) => g.scaledDotProductAttention(get(i, 'query'), get(i, 'key'), get(i, 'value'), a.scale),
  cross_entropy: (i, c, a, { constants }) =>
    g.crossEntropy(get(i, 'logits'), get(c, constants['labels'] === undefined ? 'targets' : 'labels'), {
      labelSmoothing: a.labelSmoothing ?? 0,
      ...classWeights(c),
    }),
  focal_loss: (i, c, a) => g.focalLoss(get(i, 'logits'), get(c, 'labels'), { gamma: a.gamma ?? 0, ...classWeights(c) }),
  bce_with_logits: (i, c) => g.binaryCrossEntropy(get(i, 'logits'), get(c, 'targets'), weightsOf(c, 'positiveWeights')),
  sigmoid_focal_loss: (i, c, a) =>
    g.sigmoidFocalLoss(get(i, 'logits'), get(c, 'targets'), { gamma: a.gamma ?? 0, alpha: a.alpha ?? 0 }),
}

/** Weights are numbers to us, tensors to the oracle. */
function weightsOf(constants: Named, name: string): number[] | undefined {
  const tensor = constants[name]
  return tensor === undefined ? undefined : Array.from(values.get(tensor) ?? [], Number)
}
function classWeights(constants: Named): { classWeights?: number[] } {
  const weights = weightsOf(constants, 'classWeights')
  return weights === undefined ? {} : { classWeights: weights }
}
const values = new WeakMap<Tensor, TensorData>()

export interface OperationCase {
  readonly name: string
  /** E.g. "conv2d". */
  readonly operation: string
  /** The operation and the gradients for its inputs. */
  readonly outputs: Named
  readonly feeds: Readonly<Record<string, g.TensorValue>>
  readonly expected: Readonly<Record<string, g.TensorValue>>
  /** Largest difference that rounding explains, relative to the largest value (at least 1). */
  readonly tolerance: number
}

/** Every case of the oracle. */
export function operationCases(): OperationCase[] {
  const { cases } = readShared<{ cases: Case[] }>('oracle/ops.json')
  using file = g.SafetensorsFile.open(join(sharedFolder, 'oracle/ops.safetensors'))
  const read = ({ tensor, shape }: Reference): g.TensorValue => {
    const bytes = file.readBytes(tensor).buffer
    return { data: file.info(tensor).dtype === 'I32' ? new Int32Array(bytes) : new Float32Array(bytes), shape }
  }
  return cases.map((of) => {
    const build = builders[of.op]
    if (build === undefined) throw new Error(`no builder for ${of.op}`)
    const feeds: Record<string, g.TensorValue> = {}
    const feed = (name: string, reference: Reference): Tensor => {
      const value = read(reference)
      feeds[name] = value
      const tensor = g.input(name, reference.shape, { dtype: value.data instanceof Int32Array ? 'int32' : 'float32' })
      values.set(tensor, value.data)
      return tensor
    }
    const feedAll = (references: Readonly<Record<string, Reference>>, prefix: string): Named =>
      Object.fromEntries(
        Object.entries(references).map(([name, reference]) => [name, feed(`${prefix}${name}`, reference)]),
      )
    const inputs = feedAll(of.inputs, 'in.')
    const built = build(inputs, feedAll(of.constants, 'constant.'), of.attributes, of)
    const outputs: Record<string, Tensor> = 'op' in built ? { output: built as Tensor } : { ...(built as Named) }
    const output = get(outputs, 'output')
    const upstream = typeof of.upstream === 'number' ? g.scalar(of.upstream) : feed('upstream', of.upstream)
    const found = g.gradients(output, Object.values(inputs), upstream)
    Object.keys(of.inputs).forEach((name, i) => (outputs[`gradient.${name}`] = found[i] ?? output))
    return {
      name: of.name,
      operation: of.op,
      outputs,
      feeds,
      expected: Object.fromEntries(Object.entries(of.results).map(([name, reference]) => [name, read(reference)])),
      tolerance: ['batch_norm', 'conv2d'].includes(of.op) ? 3e-5 : 1e-5,
    }
  })
}

/** Holds what was computed against the oracle: names, shapes and values. */
export function expectOracle(
  { expected, tolerance }: OperationCase,
  got: Readonly<Record<string, g.TensorValue>>,
): void {
  expect(Object.keys(got).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, { data, shape }] of Object.entries(expected)) {
    const value = got[name]
    expect(value?.shape, name).toEqual(shape)
    const wanted = Array.from(data, Number)
    const scale = Math.max(1, ...wanted.map(Math.abs))
    const error = Math.max(...wanted.map((each, i) => Math.abs(each - Number(value?.data[i]))))
    // Number.NaN would pass a plain comparison the wrong way round.
    expect(error <= tolerance * scale, `${name} is off by ${error} of ${scale}`).toBe(true)
  }
}
