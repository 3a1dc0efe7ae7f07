/** How convolutions and the gradients for their inputs become ONNX. */
import { blockedConv, paysBlocked } from './blocked-convolution.ts'
import { cheapest } from './convolution-forms.ts'
import type { Form } from './convolution-forms.ts'
import { weightGradientForms } from './convolution-weight-gradient.ts'
import type { Emitter } from './emitter.ts'
import type { AttributeValue } from './model-file.ts'
import type { Primitives } from './primitives.ts'
import { staticShape } from './shapes.ts'
import type { Tensor } from './tensor.ts'

type Attributes = Record<string, AttributeValue>

function attributesOf({ strides, pads, dilations, group }: Primitives['conv']): Attributes {
  return { strides, pads, dilations, group }
}

export function lowerConv(emit: Emitter, inputs: readonly string[], tensor: Tensor<'conv'>): string {
  const weight = staticShape(tensor.inputs[1]?.shape ?? [])
  const attributes = { ...attributesOf(tensor.attributes), kernel_shape: weight.slice(2) }
  if (paysBlocked(emit, tensor.shape, weight)) return blockedConv(emit, inputs, weight, attributes)
  return emit.node('Conv', inputs, attributes)
}

/** The kernel turned by 180° with its channels exchanged, group by group: [C, K/group, h, w]. */
function flippedWeight(emit: Emitter, weight: string, shape: readonly number[], group: number): string {
  const [out = 1, perGroup = 1, height = 1, width = 1] = shape
  const swapped =
    group === 1
      ? emit.transpose(weight, [1, 0, 2, 3])
      : emit.reshape(
          emit.transpose(emit.reshape(weight, [group, out / group, perGroup, height, width]), [0, 2, 1, 3, 4]),
          [group * perGroup, out / group, height, width],
        )
  if (height * width === 1) return swapped
  const end = -(2 ** 31)
  return emit.slice(swapped, [2, 3], [-1, -1], [end, end], [-1, -1])
}

/** How far the kernel reaches beyond one pixel, down and to the right. */
function reach({ inputs, attributes }: Tensor<'convInputGradient'>): readonly [number, number] {
  const [, , height = 1, width = 1] = staticShape(inputs[1]?.shape ?? [])
  return [attributes.dilations[0] * (height - 1), attributes.dilations[1] * (width - 1)]
}

const inputGradientForms: readonly Form<'convInputGradient'>[] = [
  {
    name: 'convolution with the flipped kernel',
    cost: (tensor) => {
      const { strides, pads } = tensor.attributes
      const [down, right] = reach(tensor)
      const fits = Math.max(pads[0], pads[2]) <= down && Math.max(pads[1], pads[3]) <= right
      return fits && strides[0] === 1 && strides[1] === 1 ? 1 : undefined
    },
    lower: (emit, [gradient = '', weight = ''], tensor) => {
      const shape = staticShape(tensor.inputs[1]?.shape ?? [])
      const { pads, dilations, group } = tensor.attributes
      const [down, right] = reach(tensor)
      const inputs = [gradient, flippedWeight(emit, weight, shape, group)]
      const attributes = {
        kernel_shape: shape.slice(2),
        strides: [1, 1],
        dilations,
        group,
        pads: [down - pads[0], right - pads[1], down - pads[2], right - pads[3]],
      }
      const [out = 1, perGroup = 1, ...kernel] = shape
      const flipped = [perGroup * group, out / group, ...kernel]
      if (paysBlocked(emit, tensor.shape, flipped)) return blockedConv(emit, inputs, flipped, attributes)
      return emit.node('Conv', inputs, attributes)
    },
  },
  {
    name: 'transposed convolution',
    cost: () => 2,
    lower: (emit, inputs, tensor) => {
      const { strides, pads, inputSize } = tensor.attributes
      const gradient = staticShape(tensor.inputs[0]?.shape ?? [])
      const missing = ([0, 1] as const).map((axis) => {
        const covered = ((gradient[axis + 2] ?? 1) - 1) * strides[axis] + reach(tensor)[axis] + 1
        return inputSize[axis] - (covered - pads[axis] - (pads[axis + 2] ?? 0))
      })
      return emit.node('ConvTranspose', inputs, {
        ...attributesOf(tensor.attributes),
        kernel_shape: staticShape(tensor.inputs[1]?.shape ?? []).slice(2),
        output_padding: missing,
      })
    },
  },
]

export function lowerConvInputGradient(
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<'convInputGradient'>,
): string {
  return cheapest(inputGradientForms, tensor).lower(emit, inputs, tensor)
}

export function lowerConvWeightGradient(
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<'convWeightGradient'>,
): string {
  return cheapest(weightGradientForms, tensor).lower(emit, inputs, tensor)
}
