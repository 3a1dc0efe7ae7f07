/**
 * How convolutions and their gradients become ONNX. The gradients have several forms of equal value and very different
 * speed; which is best depends on the shape, so each gradient has a table of forms and a rule that picks one.
 */
import type { Emitter } from './emitter.ts'
import type { Pads, Primitives } from './primitives.ts'
import { staticShape } from './shapes.ts'
import type { Tensor } from './tensor.ts'

type Lower<K extends 'conv' | 'convInputGradient' | 'convWeightGradient'> = (
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<K>,
) => string

interface Form<K extends 'convInputGradient' | 'convWeightGradient'> {
  readonly name: string
  readonly fits: (tensor: Tensor<K>) => boolean
  readonly lower: Lower<K>
}

const of = (values: readonly string[], index: number): string => values[index] ?? ''

function attributesOf({
  strides,
  pads,
  dilations,
  group,
}: Primitives['conv']): Record<string, number | readonly number[]> {
  return { strides, pads, dilations, group }
}

export const lowerConv: Lower<'conv'> = (emit, inputs, { attributes, inputs: [, weight] }) =>
  emit.node('Conv', inputs, { ...attributesOf(attributes), kernel_shape: staticShape(weight?.shape ?? []).slice(2) })

/** The sizes of a convolution as its gradients see them. */
function geometry(x: readonly number[], y: readonly number[], kernel: readonly number[]) {
  const [batch = 1, channels = 1, height = 1, width = 1] = x
  const [, out = 1, outHeight = 1, outWidth = 1] = y
  const [kernelHeight = 1, kernelWidth = 1] = kernel
  return { batch, channels, height, width, out, outHeight, outWidth, kernelHeight, kernelWidth }
}

const isUnit = (pair: readonly number[]): boolean => pair.every((size) => size === 1)
const isZero = (pads: Pads): boolean => pads.every((size) => size === 0)

// --- gradient for the input ---------------------------------------------------------------------------------------

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

const inputGradientForms: readonly Form<'convInputGradient'>[] = [
  {
    name: 'convolution with the flipped kernel',
    fits: ({ attributes, inputs: [, weight] }) => {
      const [, , height = 1, width = 1] = staticShape(weight?.shape ?? [])
      const [top, left, bottom, right] = attributes.pads
      const [reachDown, reachRight] = [attributes.dilations[0] * (height - 1), attributes.dilations[1] * (width - 1)]
      return isUnit(attributes.strides) && Math.max(top, bottom) <= reachDown && Math.max(left, right) <= reachRight
    },
    lower: (emit, inputs, { attributes, inputs: [, weight] }) => {
      const shape = staticShape(weight?.shape ?? [])
      const [, , height = 1, width = 1] = shape
      const { pads, dilations, group } = attributes
      const [reachDown, reachRight] = [dilations[0] * (height - 1), dilations[1] * (width - 1)]
      return emit.node('Conv', [of(inputs, 0), flippedWeight(emit, of(inputs, 1), shape, group)], {
        kernel_shape: [height, width],
        strides: [1, 1],
        dilations,
        group,
        pads: [reachDown - pads[0], reachRight - pads[1], reachDown - pads[2], reachRight - pads[3]],
      })
    },
  },
  {
    name: 'transposed convolution',
    fits: () => true,
    lower: (emit, inputs, { attributes, inputs: [gradient, weight] }) => {
      const { strides, pads, dilations, inputSize } = attributes
      const [gradientShape, weightShape] = [staticShape(gradient?.shape ?? []), staticShape(weight?.shape ?? [])]
      const missing = ([0, 1] as const).map((axis) => {
        const reach = dilations[axis] * ((weightShape[axis + 2] ?? 1) - 1) + 1
        const covered =
          ((gradientShape[axis + 2] ?? 1) - 1) * strides[axis] + reach - pads[axis] - (pads[axis + 2] ?? 0)
        return inputSize[axis] - covered
      })
      return emit.node('ConvTranspose', inputs, {
        ...attributesOf(attributes),
        kernel_shape: weightShape.slice(2),
        output_padding: missing,
      })
    },
  },
]

// --- gradient for the weight --------------------------------------------------------------------------------------

/**
 * The window of x that meets the kernel at (row, column), for every output position: [N, C, H', W'].
 * `padded` is x with its padding; the slice is strided as the convolution is.
 */
function windowAt(
  emit: Emitter,
  padded: string,
  row: number,
  column: number,
  tensor: Tensor<'convWeightGradient'>,
): string {
  const { strides, dilations } = tensor.attributes
  const [, , outHeight = 1, outWidth = 1] = staticShape(tensor.inputs[1]?.shape ?? [])
  const [top, left] = [row * dilations[0], column * dilations[1]]
  const bottom = top + (outHeight - 1) * strides[0] + 1
  const right = left + (outWidth - 1) * strides[1] + 1
  return emit.slice(padded, [2, 3], [top, left], [bottom, right], isUnit(strides) ? undefined : strides)
}

function shapesOf(tensor: Tensor<'convWeightGradient'>) {
  const [x, gradient] = tensor.inputs
  return geometry(staticShape(x?.shape ?? []), staticShape(gradient?.shape ?? []), tensor.attributes.kernel)
}

/** Brings k·k products [g, K/g, C/g] (in row-major order of the kernel) into the weight's layout. */
function stackProducts(emit: Emitter, products: readonly string[], tensor: Tensor<'convWeightGradient'>): string {
  const { channels, out, kernelHeight, kernelWidth } = shapesOf(tensor)
  const perGroup = channels / tensor.attributes.group
  const columns = products.map((product) => emit.reshape(product, [out, perGroup, 1]))
  const stacked = columns.length === 1 ? of(columns, 0) : emit.node('Concat', columns, { axis: 2 })
  return emit.reshape(stacked, [out, perGroup, kernelHeight, kernelWidth])
}

const weightGradientForms: readonly Form<'convWeightGradient'>[] = [
  {
    name: 'one product per image',
    fits: ({ attributes }) =>
      isUnit(attributes.kernel) && isUnit(attributes.strides) && isZero(attributes.pads) && attributes.group === 1,
    lower: (emit, [x = '', gradient = ''], tensor) => {
      const { batch, channels, out, height, width } = shapesOf(tensor)
      const flatX = emit.reshape(x, [batch, channels, height * width])
      const flatGradient = emit.reshape(gradient, [batch, out, height * width])
      return emit.reshape(emit.sum(emit.matmul(flatGradient, flatX, [3, 3], false, true), [0]), [out, channels, 1, 1])
    },
  },
  {
    name: 'a product per place of the kernel and image',
    fits: ({ attributes }) => attributes.group === 1,
    lower: (emit, [x = '', gradient = ''], tensor) => {
      const { batch, channels, out, outHeight, outWidth, kernelHeight, kernelWidth } = shapesOf(tensor)
      const { pads } = tensor.attributes
      const padded = emit.pad(x, [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])
      const flatGradient = emit.reshape(gradient, [batch, out, outHeight * outWidth])
      const products = Array.from({ length: kernelHeight * kernelWidth }, (_, i) => {
        const window = windowAt(emit, padded, Math.floor(i / kernelWidth), i % kernelWidth, tensor)
        const flat = emit.reshape(window, [batch, channels, outHeight * outWidth])
        return emit.sum(emit.matmul(flatGradient, flat, [3, 3], false, true), [0])
      })
      return stackProducts(emit, products, tensor)
    },
  },
  {
    name: 'a product per place of the kernel, image and group',
    fits: () => true,
    lower: (emit, [x = '', gradient = ''], tensor) => {
      const { batch, channels, out, outHeight, outWidth, kernelHeight, kernelWidth } = shapesOf(tensor)
      const { pads, group } = tensor.attributes
      const padded = emit.pad(x, [0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])
      const flatGradient = emit.reshape(gradient, [batch, group, out / group, outHeight * outWidth])
      const products = Array.from({ length: kernelHeight * kernelWidth }, (_, i) => {
        const window = windowAt(emit, padded, Math.floor(i / kernelWidth), i % kernelWidth, tensor)
        const flat = emit.reshape(window, [batch, group, channels / group, outHeight * outWidth])
        return emit.sum(emit.matmul(flatGradient, flat, [4, 4], false, true), [0])
      })
      return stackProducts(emit, products, tensor)
    },
  },
]

function choose<K extends 'convInputGradient' | 'convWeightGradient'>(
  forms: readonly Form<K>[],
  tensor: Tensor<K>,
): Form<K> {
  const form = forms.find(({ fits }) => fits(tensor))
  if (form === undefined) throw new Error(`no form of ${tensor.op} fits`)
  return form
}

export const lowerConvInputGradient: Lower<'convInputGradient'> = (emit, inputs, tensor) =>
  choose(inputGradientForms, tensor).lower(emit, inputs, tensor)

export const lowerConvWeightGradient: Lower<'convWeightGradient'> = (emit, inputs, tensor) =>
  choose(weightGradientForms, tensor).lower(emit, inputs, tensor)
