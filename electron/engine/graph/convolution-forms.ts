import type { Convolution } from './convolution-geometry.ts'
import type { Emitter } from './emitter.ts'
import type { Tensor } from './tensor.ts'

/**
 * One of several ways to compute a convolution or a gradient of it: equal in value, very different in speed, and none
 * the best for all shapes.
 */
export interface Form<K extends Convolution> {
  /** Stored with runs: never another form under a name that was in use. */
  readonly name: string
  /**
   * An estimate in multiply-adds of a fast matrix product, comparable among the forms of one primitive; none where the
   * form does not apply. What was measured on this machine goes before it (`formKey`).
   */
  readonly cost: (tensor: Tensor<K>, emit: Emitter) => number | undefined
  readonly lower: (emit: Emitter, inputs: readonly string[], tensor: Tensor<K>) => string
}

/** What the speed of a form depends on. */
export function formKey({ op, inputs, attributes }: Tensor<Convolution>): string {
  const { strides, pads, dilations, group } = attributes
  const shapes = inputs.slice(0, 2).map(({ shape }) => shape.join('×'))
  return [op, ...shapes, `/${strides.join()}`, `+${pads.join()}`, `*${dilations.join()}`, `g${group}`].join(' ')
}

/** The forms that apply, the presumably fastest first. */
export function applicableForms<K extends Convolution>(
  forms: readonly Form<K>[],
  emit: Emitter,
  tensor: Tensor<K>,
): { form: Form<K>; cost: number }[] {
  return forms
    .flatMap((form) => {
      const cost = form.cost(tensor, emit)
      return cost === undefined ? [] : [{ form, cost }]
    })
    .sort((a, b) => a.cost - b.cost)
}

export function chooseForm<K extends Convolution>(
  forms: readonly Form<K>[],
  emit: Emitter,
  tensor: Tensor<K>,
): Form<K> {
  const applicable = applicableForms(forms, emit, tensor)
  const chosen = emit.forms[formKey(tensor)]
  const best = applicable.find(({ form }) => form.name === chosen) ?? applicable[0]
  if (best === undefined) throw new Error(`no form of ${tensor.op} fits`)
  return best.form
}
