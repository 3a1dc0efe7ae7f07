import { applicableForms, formKey } from './convolution-forms.ts'
import type { Form } from './convolution-forms.ts'
import type { Convolution } from './convolution-geometry.ts'
import { convolutionForms } from './convolution-lowering.ts'
import { Emitter } from './emitter.ts'
import { input } from './operations.ts'
import { apply, is, reachable } from './tensor.ts'
import type { Tensor } from './tensor.ts'

/** A convolution or gradient of one for which there is more than one form. */
export interface ConvolutionChoice {
  readonly key: string
  /** The same of inputs alone, for measuring. */
  readonly alone: Tensor
  /** The presumably fastest first, costs in multiply-adds of a fast matrix product. */
  readonly forms: readonly { readonly name: string; readonly cost: number }[]
}

function isConvolution(tensor: Tensor): tensor is Tensor<Convolution> {
  return is(tensor, 'conv') || is(tensor, 'convInputGradient') || is(tensor, 'convWeightGradient')
}

/** What there is to choose on the processor in a graph whose batch has a known size, each kind once. */
export function convolutionsOf(outputs: readonly Tensor[], block: number | undefined): ConvolutionChoice[] {
  const emit = new Emitter('cpu', block)
  const found = new Map<string, ConvolutionChoice>()
  for (const tensor of reachable(outputs)) {
    if (!isConvolution(tensor)) continue
    const key = formKey(tensor)
    if (found.has(key)) continue
    const inputs = tensor.inputs.map(({ shape }, index) => input(`input ${index}`, shape))
    const all = convolutionForms[tensor.op] as readonly Form<Convolution>[]
    const forms = applicableForms(all, emit, tensor).map(({ form, cost }) => ({ name: form.name, cost }))
    if (forms.length < 2) continue
    found.set(key, { key, alone: apply(tensor.op, inputs, tensor.attributes), forms })
  }
  return [...found.values()]
}
