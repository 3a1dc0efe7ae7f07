import { batchNorm, conv2d, relu } from '../../graph/index.ts'
import type { ConvOptions, Initial, Pads, Pair, Pass, Tensor } from '../../graph/index.ts'

type Options = Omit<ConvOptions, 'bias'>

/** He et al. (2015) for layers before a ReLU, by the number of outgoing connections. */
function heStart(out: number, kernel: Pair, group: number): Initial {
  return { kind: 'normal', deviation: Math.sqrt(2 / ((out / group) * kernel[0] * kernel[1])) }
}

/** PyTorch's default for layers with a bias: uniform within ±1/√(incoming connections), weights and bias alike. */
function uniformStart(incoming: number): Initial {
  return { kind: 'uniform', bound: 1 / Math.sqrt(incoming) }
}

/** Padding that keeps the size at stride 1, alike on both sides. */
function halfPads([height, width]: Pair): Pads {
  const [rows, columns] = [(height - 1) / 2, (width - 1) / 2]
  return [rows, columns, rows, columns]
}

export interface ConvNormOptions extends Options {
  /** Of the batch norm. */
  readonly epsilon?: number
  /** Where the batch norm's weights start; 1 unless given. */
  readonly startWeight?: number
  /** Whether max pooling follows, which then works on what the convolution gives. */
  readonly pooled?: boolean
}

/**
 * `names.conv`.weight without bias, then the batch norm `names.norm`.*; the size kept at stride 1 unless `pads` are
 * given.
 */
export function convNorm(
  pass: Pass,
  names: { readonly conv: string; readonly norm: string },
  x: Tensor,
  out: number,
  kernel: number | Pair,
  { epsilon, startWeight, pooled, ...options }: ConvNormOptions = {},
): Tensor {
  const { group = 1 } = options
  const size: Pair = typeof kernel === 'number' ? [kernel, kernel] : kernel
  const shape = [out, (x.shape[1] as number) / group, ...size]
  const weight = pass.parameter(`${names.conv}.weight`, shape, heStart(out, size, group))
  const seen = pass.mark(names.conv, conv2d(x, weight, { pads: halfPads(size), ...options }))
  const normed = batchNorm(pass, names.norm, seen, {
    ...(epsilon === undefined ? {} : { epsilon }),
    ...(startWeight === undefined ? {} : { startWeight }),
    ...(pooled === undefined ? {} : { pooled }),
  })
  return pass.mark(names.norm, normed)
}

/** `name.conv` without bias, `name.bn`, ReLU. */
export function convNormRelu(
  pass: Pass,
  name: string,
  x: Tensor,
  out: number,
  kernel: number | Pair = 3,
  options?: ConvNormOptions,
): Tensor {
  const normed = convNorm(pass, { conv: `${name}.conv`, norm: `${name}.bn` }, x, out, kernel, options)
  return pass.mark(name, pass.mark(`${name}.bn`, relu(normed)))
}

/** `name.weight` and `name.bias`; starts as PyTorch starts it unless `start` says how the weights do (biases at zero). */
export function convWithBias(
  pass: Pass,
  name: string,
  x: Tensor,
  out: number,
  kernel: number,
  { start, ...options }: Options & { readonly start?: Initial } = {},
): Tensor {
  const incoming = (x.shape[1] as number) / (options.group ?? 1)
  const uniform = uniformStart(incoming * kernel * kernel)
  const weight = pass.parameter(`${name}.weight`, [out, incoming, kernel, kernel], start ?? uniform)
  const bias = pass.parameter(`${name}.bias`, [out], start === undefined ? uniform : { kind: 'constant', value: 0 })
  return pass.mark(name, conv2d(x, weight, { ...options, bias }))
}
