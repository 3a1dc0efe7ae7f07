import { Pass, gradients, input } from '../graph/index.ts'
import type { Tensor, Variable } from '../graph/index.ts'
import { byName, clipByGlobalNorm, completeSettings, crossEntropy, globalNorm, optimizers } from '../optim/index.ts'
import type { Choice, OptimizerDefinition, Settings } from '../optim/index.ts'

export interface TrainingPlan {
  /** The model: a batch of images or features to logits [N, classes]. */
  readonly model: (pass: Pass, batch: Tensor) => Tensor
  /** Shape of one sample. */
  readonly inputShape: readonly number[]
  readonly classes: number
  readonly batchSize: number
  /** `'labels'` are class numbers, `'shares'` one row of shares per sample (mixed or soft targets). */
  readonly targets?: 'labels' | 'shares'
  /** Logits and targets to a scalar; plain cross entropy unless given. */
  readonly loss?: (logits: Tensor, targets: Tensor) => Tensor
  readonly optimizer: Choice
  /** Which parameters learn; all unless given. */
  readonly trainable?: (name: string) => boolean
  /** Which parameters decay; those of more than one axis unless given, hence neither norms nor biases. */
  readonly decays?: (name: string, shape: readonly number[]) => boolean
  /** Gradients are scaled down to this norm over all parameters. */
  readonly clipNorm?: number
}

/** A tensor that the step reads under `name` and gives anew under `next`. */
export interface Carried {
  readonly name: string
  readonly next: string
  readonly shape: readonly number[]
}

export interface TrainingGraph {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly variables: readonly Variable[]
  /** Parameters that learn, buffers that move, and what the optimiser remembers. */
  readonly carried: readonly Carried[]
  readonly randoms: readonly { readonly name: string; readonly purpose: string; readonly shape: readonly number[] }[]
  readonly optimizer: OptimizerDefinition
  readonly settings: Settings
  readonly scalarNames: readonly string[]
}

export const scalarInput = (name: string): string => `scalar:${name}`
const nextOf = (name: string): string => `next:${name}`
const slotName = (slot: string, parameter: string): string => `optimizer.${slot}:${parameter}`

function demand(tensor: Tensor | undefined, name: string): Tensor {
  if (tensor === undefined) throw new Error(`nothing was computed for '${name}'`)
  return tensor
}

/** Forward, backward, clipping, optimiser and running statistics in one graph. */
export function buildTrainingGraph(plan: TrainingPlan): TrainingGraph {
  const { trainable, classes, batchSize } = plan
  const optimizer = byName(optimizers, 'optimiser', plan.optimizer.name)
  const settings = completeSettings(optimizer, plan.optimizer.settings)
  const pass = new Pass({ training: true, ...(trainable === undefined ? {} : { trainable }) })
  const batch = input('inputs', [batchSize, ...plan.inputShape])
  const logits = plan.model(pass, batch)
  const targets =
    plan.targets === 'labels'
      ? input('targets', [batchSize], { dtype: 'int32' })
      : input('targets', [batchSize, classes])
  const loss = (plan.loss ?? crossEntropy)(logits, targets)

  const learned = pass.variables.filter((variable) => variable.trainable)
  if (learned.length === 0) throw new Error('nothing would learn: every parameter of the model is frozen')
  const found = gradients(
    loss,
    learned.map(({ tensor }) => tensor),
  )
  const gradientNorm = globalNorm(found)
  const clipped = plan.clipNorm === undefined ? found : clipByGlobalNorm(found, gradientNorm, plan.clipNorm)

  const scalarNames = Object.keys(optimizer.scalars(1, 1, settings))
  const scalars = Object.fromEntries(scalarNames.map((name) => [name, input(scalarInput(name), [])]))
  const outputs: Record<string, Tensor> = { loss, logits, gradientNorm }
  const carried: Carried[] = []
  const carry = (name: string, shape: readonly number[], next: Tensor): void => {
    carried.push({ name, next: nextOf(name), shape })
    outputs[nextOf(name)] = next
  }

  const decays = plan.decays ?? ((_: string, shape: readonly number[]) => shape.length > 1)
  const slotNames = optimizer.slots(settings)
  learned.forEach(({ name, shape, tensor }, i) => {
    const slots = Object.fromEntries(
      slotNames.map((slot) => [slot, input(slotName(slot, name), shape, { kind: 'state' })]),
    )
    const gradient = demand(clipped[i], name)
    const weightDecay = decays(name, shape) ? (settings['weightDecay'] ?? 0) : 0
    const next = optimizer.update({ parameter: tensor, gradient, slots, scalars, settings, weightDecay })
    carry(name, shape, next.parameter)
    for (const slot of slotNames) carry(slotName(slot, name), shape, demand(next.slots[slot], slot))
  })
  for (const { name, shape } of pass.variables) {
    const next = pass.updates.get(name)
    if (next !== undefined) carry(name, shape, next)
  }

  const randoms = [...pass.randoms].map(([purpose, tensor]) => {
    return { purpose, name: tensor.attributes.name, shape: tensor.shape.map(Number) }
  })
  return { outputs, variables: pass.variables, carried, randoms, optimizer, settings, scalarNames }
}
