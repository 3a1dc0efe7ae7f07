import { layerNorm, layerNorm2d } from '../../graph/index.ts'
import type { Pass, Tensor } from '../../graph/index.ts'

/** What timm gives the layer norms of its transformers and ConvNeXts, where PyTorch has 1e-5. */
const epsilon = 1e-6

function parameters(pass: Pass, name: string, width: number): { weight: Tensor; bias: Tensor; epsilon: number } {
  return {
    weight: pass.parameter(`${name}.weight`, [width], { kind: 'constant', value: 1 }),
    bias: pass.parameter(`${name}.bias`, [width], { kind: 'constant', value: 0 }),
    epsilon,
  }
}

/** `name.weight`, `name.bias` over the last axis of [..., C]. */
export function layerNormLayer(pass: Pass, name: string, x: Tensor): Tensor {
  return pass.mark(name, layerNorm(x, parameters(pass, name, x.shape.at(-1) as number)))
}

/** The same over the channels of [N, C, H, W]. */
export function layerNorm2dLayer(pass: Pass, name: string, x: Tensor): Tensor {
  return pass.mark(name, layerNorm2d(x, parameters(pass, name, x.shape[1] as number)))
}
