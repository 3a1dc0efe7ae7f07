import { batchNorm, conv2d, relu } from '../../graph/index.ts'
import type { ConvOptions, Initial, Pass, Tensor } from '../../graph/index.ts'

/** He et al. (2015) for layers before a ReLU, by the number of outgoing connections. */
function heStart(out: number, kernel: number): Initial {
  return { kind: 'normal', deviation: Math.sqrt(2 / (out * kernel * kernel)) }
}

/** PyTorch's default for layers with a bias: uniform within ±1/√(incoming connections), weights and bias alike. */
function uniformStart(incoming: number): Initial {
  return { kind: 'uniform', bound: 1 / Math.sqrt(incoming) }
}

/** `name.conv.weight` without bias, `name.bn.*`, ReLU; square kernel, the size kept at stride 1. */
export function convNormRelu(pass: Pass, name: string, x: Tensor, out: number, kernel = 3): Tensor {
  const channels = x.shape[1] as number
  const weight = pass.parameter(`${name}.conv.weight`, [out, channels, kernel, kernel], heStart(out, kernel))
  return relu(batchNorm(pass, `${name}.bn`, conv2d(x, weight, { pads: (kernel - 1) / 2 })))
}

/** `name.weight` and `name.bias`. */
export function convWithBias(
  pass: Pass,
  name: string,
  x: Tensor,
  out: number,
  kernel: number,
  options: Omit<ConvOptions, 'bias'>,
): Tensor {
  const channels = x.shape[1] as number
  const initial = uniformStart(channels * kernel * kernel)
  const weight = pass.parameter(`${name}.weight`, [out, channels, kernel, kernel], initial)
  return pass.mark(name, conv2d(x, weight, { ...options, bias: pass.parameter(`${name}.bias`, [out], initial) }))
}
