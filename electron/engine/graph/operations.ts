/** One function per primitive (and its everyday spellings). Numbers stand for float32 constants. */
import type { ConstantData, DType, InputKind, Pads, Pair, Shape } from './primitives.ts'
import { fixed, normalAxis, sameShape, sizeOf } from './shapes.ts'
import { apply, is } from './tensor.ts'
import type { Tensor } from './tensor.ts'

export type Operand = Tensor | number

export function input(name: string, shape: Shape, options: { dtype?: DType; kind?: InputKind } = {}): Tensor<'input'> {
  return apply('input', [], { name, shape, dtype: options.dtype ?? 'float32', kind: options.kind ?? 'data' })
}

/** The type of the array decides the type of the tensor; a Uint8Array holds booleans. */
export function constant(data: ConstantData | readonly number[], shape?: Shape): Tensor<'constant'> {
  const values: ConstantData = Array.isArray(data) ? Float32Array.from(data) : (data as ConstantData)
  const dtype: DType =
    values instanceof Float32Array
      ? 'float32'
      : values instanceof Int32Array
        ? 'int32'
        : values instanceof BigInt64Array
          ? 'int64'
          : 'bool'
  return apply('constant', [], { data: values, shape: shape ?? [values.length], dtype })
}

export function scalar(value: number): Tensor<'constant'> {
  return constant(Float32Array.of(value), [])
}

export function zeros(shape: Shape): Tensor {
  return expand(scalar(0), shape)
}

export function ones(shape: Shape): Tensor {
  return expand(scalar(1), shape)
}

function lift(value: Operand): Tensor {
  return typeof value === 'number' ? scalar(value) : value
}

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum' | 'equal' | 'greater'
const binary =
  (op: Binary) =>
  (a: Operand, b: Operand): Tensor =>
    apply(op, [lift(a), lift(b)], {})

export const add = binary('add')
export const sub = binary('sub')
export const mul = binary('mul')
export const div = binary('div')
export const pow = binary('pow')
export const maximum = binary('maximum')
export const minimum = binary('minimum')
export const equal = binary('equal')
export const greater = binary('greater')

export function where(condition: Tensor, whenTrue: Operand, whenFalse: Operand): Tensor {
  return apply('where', [condition, lift(whenTrue), lift(whenFalse)], {})
}

type Unary =
  | 'neg'
  | 'abs'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'reciprocal'
  | 'isPositive'
  | 'detach'
  | 'erf'
  | 'relu'
  | 'sigmoid'
  | 'tanh'
  | 'hardSigmoid'
  | 'hardSwish'
const unary =
  (op: Unary) =>
  (x: Tensor): Tensor =>
    apply(op, [x], {})

export const neg = unary('neg')
export const abs = unary('abs')
export const exp = unary('exp')
export const log = unary('log')
export const sqrt = unary('sqrt')
export const reciprocal = unary('reciprocal')
/** 1 where positive, else 0; without gradient. */
export const isPositive = unary('isPositive')
/** The same values, through which no gradient passes. */
export const detach = unary('detach')
export const erf = unary('erf')
export const relu = unary('relu')
export const sigmoid = unary('sigmoid')
export const tanh = unary('tanh')
export const hardSigmoid = unary('hardSigmoid')
export const hardSwish = unary('hardSwish')

export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  return apply('gelu', [x], { approximate })
}

export function clip(x: Tensor, min: number, max: number): Tensor {
  return apply('clip', [x], { min, max })
}

export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : apply('cast', [x], { to })
}

export function matmul(a: Tensor, b: Tensor, options: { transA?: boolean; transB?: boolean } = {}): Tensor {
  return apply('matmul', [a, b], { transA: options.transA ?? false, transB: options.transB ?? false })
}

export interface ConvOptions {
  readonly bias?: Tensor
  readonly strides?: number | Pair
  readonly pads?: number | Pads
  readonly dilations?: number | Pair
  readonly group?: number
}

const pair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value)
const quadruple = (value: number | Pads): Pads => (typeof value === 'number' ? [value, value, value, value] : value)

/** x [N,C,H,W], weight [K,C/group,h,w] → [N,K,H',W']. */
export function conv2d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  return apply('conv', options.bias === undefined ? [x, weight] : [x, weight, options.bias], {
    strides: pair(options.strides ?? 1),
    pads: quadruple(options.pads ?? 0),
    dilations: pair(options.dilations ?? 1),
    group: options.group ?? 1,
  })
}

export interface PoolOptions {
  /** As large as the kernel unless given. */
  readonly strides?: number | Pair
  readonly pads?: number | Pads
}

/**
 * Padding counts as minus infinity. What keeps the order of its inputs is moved behind the pooling, where less is left
 * to compute: the result is the same.
 */
export function maxPool2d(x: Tensor, kernel: number | Pair, options: PoolOptions = {}): Tensor {
  const pooled = (inner: Tensor | undefined): Tensor => maxPool2d(inner ?? x, kernel, options)
  if (is(x, 'relu')) return relu(pooled(x.inputs[0]))
  if (is(x, 'channelAffine') && x.attributes.increasing) {
    return apply('channelAffine', [pooled(x.inputs[0]), ...x.inputs.slice(1)], x.attributes)
  }
  const strides = pair(options.strides ?? kernel)
  return apply('maxPool', [x], { kernel: pair(kernel), strides, pads: quadruple(options.pads ?? 0) })
}

/** With `countIncludePad` (the default, as in PyTorch) the divisor is always the size of the window. */
export function avgPool2d(
  x: Tensor,
  kernel: number | Pair,
  options: PoolOptions & { countIncludePad?: boolean } = {},
): Tensor {
  return apply('averagePool', [x], {
    kernel: pair(kernel),
    strides: pair(options.strides ?? kernel),
    pads: quadruple(options.pads ?? 0),
    countIncludePad: options.countIncludePad ?? true,
  })
}

type Reduction = 'reduceSum' | 'reduceMean' | 'reduceMax'
const reduce =
  (op: Reduction) =>
  (x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis), keepDims = false): Tensor => {
    const normal = axes.map((axis) => normalAxis(axis, x.shape.length)).sort((a, b) => a - b)
    return normal.length === 0 ? x : apply(op, [x], { axes: normal, keepDims })
  }

/** Over all axes unless some are named. */
export const reduceSum = reduce('reduceSum')
export const reduceMean = reduce('reduceMean')
export const reduceMax = reduce('reduceMax')

/** [N,C,H,W] → [N,C]. */
export function globalAveragePool(x: Tensor): Tensor {
  return reduceMean(x, [2, 3])
}

export function softmax(x: Tensor, axis = -1): Tensor {
  return apply('softmax', [x], { axis: normalAxis(axis, x.shape.length) })
}

export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply('logSoftmax', [x], { axis: normalAxis(axis, x.shape.length) })
}

/** At most one entry may be -1: it takes what is left. A symbolic batch stays first: `[x.shape[0], ...]`. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.indexOf(-1)
  if (open < 0) return sameShape(x.shape, shape) ? x : apply('reshape', [x], { shape })
  const symbolic = x.shape[0] === 'N' && shape[0] === 'N' ? 1 : 0
  const known = sizeOf(shape.slice(symbolic).filter((size) => size !== -1))
  const left = sizeOf(x.shape.slice(symbolic)) / known
  return reshape(
    x,
    shape.map((size, axis) => (axis === open ? left : size)),
  )
}

/** Joins the axes from `axis` on into one. */
export function flatten(x: Tensor, axis = 1): Tensor {
  return reshape(x, [...x.shape.slice(0, axis), -1])
}

/** Inserts an axis of size 1. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = normalAxis(axis, x.shape.length + 1)
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  return perm.every((axis, i) => axis === i) ? x : apply('transpose', [x], { perm })
}

/** Repeats axes of size 1; the leading size may be the symbolic batch of an input of the same graph. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply('expand', [x], { shape })
}

export interface Range {
  readonly axis: number
  readonly start?: number
  /** Exclusive; negative counts from the end, as `start` may. */
  readonly end?: number
  readonly step?: number
}

export function slice(x: Tensor, ...ranges: readonly Range[]): Tensor {
  const axes = ranges.map(({ axis }) => normalAxis(axis, x.shape.length))
  const place = (value: number | undefined, axis: number, otherwise: number): number => {
    const size = fixed(x.shape[axis])
    return value === undefined ? otherwise : Math.min(value < 0 ? value + size : value, size)
  }
  return apply('slice', [x], {
    axes,
    starts: ranges.map(({ start }, i) => place(start, axes[i] ?? 0, 0)),
    ends: ranges.map(({ end }, i) => place(end, axes[i] ?? 0, fixed(x.shape[axes[i] ?? 0]))),
    steps: ranges.map(({ step }) => step ?? 1),
  })
}

/** Equal parts along an axis. */
export function split(x: Tensor, parts: number, axis: number): Tensor[] {
  const at = normalAxis(axis, x.shape.length)
  const size = fixed(x.shape[at]) / parts
  return Array.from({ length: parts }, (_, i) => slice(x, { axis: at, start: i * size, end: (i + 1) * size }))
}

export function concat(parts: readonly Tensor[], axis: number): Tensor {
  return apply('concat', parts, { axis: normalAxis(axis, parts[0]?.shape.length ?? 0) })
}

/** As many entries before each axis, then as many after; negative ones cut. */
export function pad(x: Tensor, pads: readonly number[], value = 0): Tensor {
  return pads.every((size) => size === 0) ? x : apply('pad', [x], { pads, value })
}

/** Entries of one axis by index. */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return apply('gather', [x, indices], { axis: normalAxis(axis, x.shape.length) })
}
