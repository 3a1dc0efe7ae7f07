import { Pass, add, gradients, input, mul } from '../graph/index.ts'
import type { Tensor, Variable } from '../graph/index.ts'
import {
  averaged,
  averagingDecay,
  byName,
  clipByGlobalNorm,
  completeSettings,
  crossEntropy,
  globalNorm,
  optimizers,
  squareSum,
} from '../optim/index.ts'
import type { Averaging, Choice } from '../optim/index.ts'

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
  /** Which parameters learn; all unless given. No gradient is computed below the first of them. */
  readonly trainable?: (name: string) => boolean
  /** Factor on the learning rate of a parameter, for layer-wise decay; 1 unless given. */
  readonly rateScale?: (name: string) => number
  /** Which parameters decay; those of more than one axis unless given, hence neither norms nor biases. */
  readonly decays?: (name: string, shape: readonly number[]) => boolean
  /** Gradients are scaled down to this norm over all parameters. */
  readonly clipNorm?: number
  /** Batch norms use their running statistics and leave them as they are. Those of frozen layers always do. */
  readonly frozenStatistics?: boolean
  /** Batches whose mean gradient makes one update; 1 unless given. */
  readonly accumulation?: number
  /** Keeps an average of the weights beside them. */
  readonly averaging?: Averaging
}

/** A tensor that a step reads under `name` and gives anew under `next`. */
export interface Carried {
  readonly name: string
  readonly next: string
  readonly shape: readonly number[]
}

/** What is computed on one batch. */
export interface StepGraph {
  readonly outputs: Readonly<Record<string, Tensor>>
  readonly carried: readonly Carried[]
  readonly randoms: readonly { readonly name: string; readonly purpose: string; readonly shape: readonly number[] }[]
}

/** The step that ends in an update: parameters that learn, buffers that move, what the optimiser remembers, averages. */
export interface UpdateGraph extends StepGraph {
  readonly variables: readonly Variable[]
  /** Outputs whose sum is the square of the gradients' norm before clipping. */
  readonly squares: readonly string[]
  /** The scalar inputs of an update, counted from 1. */
  readonly scalars: (step: number, learningRate: number) => Readonly<Record<string, number>>
}

const nextOf = (name: string): string => `next:${name}`
const slotName = (slot: string, parameter: string): string => `optimizer.${slot}:${parameter}`
const scalarName = (name: string, scale: number): string => `scalar:${name} × ${scale}`
const squareName = (parameter: string): string => `square:${parameter}`
const accumulatedName = (parameter: string): string => `accumulated:${parameter}`
/** The averaged value of a parameter or buffer, among what is carried. */
export const averageName = (variable: string): string => `average:${variable}`

function demand<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`nothing was computed for '${name}'`)
  return value
}

/** Collects what a step computes and carries on. */
class Step {
  readonly outputs: Record<string, Tensor>
  readonly carried: Carried[] = []
  readonly #pass: Pass

  constructor(pass: Pass, outputs: Record<string, Tensor>) {
    this.#pass = pass
    this.outputs = outputs
  }

  state(name: string, shape: readonly number[]): Tensor {
    return input(name, shape, { kind: 'state' })
  }

  carry(name: string, shape: readonly number[], next: Tensor): void {
    this.carried.push({ name, next: nextOf(name), shape })
    this.outputs[nextOf(name)] = next
  }

  /** New values of the buffers that move. */
  carryBuffers(): void {
    for (const { name, shape } of this.#pass.variables) {
      const next = this.#pass.updates.get(name)
      if (next !== undefined) this.carry(name, shape, next)
    }
  }

  graph(): StepGraph {
    const randoms = [...this.#pass.randoms].map(([purpose, tensor]) => {
      return { purpose, name: tensor.attributes.name, shape: tensor.shape.map(Number) }
    })
    return { outputs: this.outputs, carried: this.carried, randoms }
  }
}

interface Learned extends Variable {
  readonly gradient: Tensor
}

/** Forward and backward: loss, logits and the gradient of everything that learns. */
function differentiate(plan: TrainingPlan): { pass: Pass; loss: Tensor; logits: Tensor; learned: Learned[] } {
  const { trainable, frozenStatistics, classes, batchSize } = plan
  const pass = new Pass({
    training: true,
    ...(trainable === undefined ? {} : { trainable }),
    ...(frozenStatistics === undefined ? {} : { frozenStatistics }),
  })
  const logits = plan.model(pass, input('inputs', [batchSize, ...plan.inputShape]))
  const targets =
    plan.targets === 'labels'
      ? input('targets', [batchSize], { dtype: 'int32' })
      : input('targets', [batchSize, classes])
  const lossOf = plan.loss ?? crossEntropy
  const loss = pass.auxiliaries.reduce(
    (sum, auxiliary) => add(sum, mul(lossOf(auxiliary.logits, targets), auxiliary.weight)),
    lossOf(logits, targets),
  )
  const learning = pass.variables.filter((variable) => variable.trainable)
  if (learning.length === 0) throw new Error('nothing would learn: every parameter of the model is frozen')
  const found = gradients(
    loss,
    learning.map(({ tensor }) => tensor),
  )
  const learned = learning.map((variable, i) => ({ ...variable, gradient: demand(found[i], variable.name) }))
  return { pass, loss, logits, learned }
}

/** Forward and backward, the gradients added to those of the batches before; nothing else changes but buffers. */
export function buildAccumulationGraph(plan: TrainingPlan): StepGraph {
  const { pass, loss, logits, learned } = differentiate(plan)
  const step = new Step(pass, { loss, logits })
  for (const { name, shape, gradient } of learned) {
    const own = accumulatedName(name)
    step.carry(own, shape, add(step.state(own, shape), gradient))
  }
  step.carryBuffers()
  return step.graph()
}

/** Forward, backward, clipping, optimiser, running statistics and averages in one graph. */
export function buildUpdateGraph(plan: TrainingPlan): UpdateGraph {
  const { accumulation = 1, averaging, clipNorm, rateScale = () => 1 } = plan
  const optimizer = byName(optimizers, 'optimiser', plan.optimizer.name)
  const settings = completeSettings(optimizer, plan.optimizer.settings)
  const { pass, loss, logits, learned } = differentiate(plan)
  const step = new Step(pass, { loss, logits })

  const whole =
    accumulation === 1
      ? learned.map(({ gradient }) => gradient)
      : learned.map(({ name, shape, gradient }) =>
          mul(add(step.state(accumulatedName(name), shape), gradient), 1 / accumulation),
        )
  const clipped = clipNorm === undefined ? whole : clipByGlobalNorm(whole, globalNorm(whole), clipNorm)

  const scalarNames = Object.keys(optimizer.scalars(1, 1, settings))
  const scales = [...new Set(learned.map(({ name }) => rateScale(name)))]
  const scalars = new Map(
    scales.map((scale) => {
      const inputs = scalarNames.map((name) => [name, input(scalarName(name, scale), [])])
      return [scale, Object.fromEntries(inputs) as Record<string, Tensor>] as const
    }),
  )

  const decays = plan.decays ?? ((_: string, shape: readonly number[]) => shape.length > 1)
  const slotNames = optimizer.slots(settings)
  learned.forEach(({ name, shape, tensor }, i) => {
    const next = optimizer.update({
      parameter: tensor,
      gradient: demand(clipped[i], name),
      slots: Object.fromEntries(slotNames.map((slot) => [slot, step.state(slotName(slot, name), shape)])),
      scalars: demand(scalars.get(rateScale(name)), name),
      settings,
      weightDecay: decays(name, shape) ? (settings['weightDecay'] ?? 0) : 0,
    })
    step.carry(name, shape, next.parameter)
    for (const slot of slotNames) step.carry(slotName(slot, name), shape, demand(next.slots[slot], slot))
    // One by one and beside the update, not as one norm: ONNX Runtime, which begins with what comes last here, can then
    // let go of each gradient before it computes the next.
    step.outputs[squareName(name)] = squareSum(demand(whole[i], name))
  })
  step.carryBuffers()

  const averagingInput = 'scalar:averaging'
  if (averaging !== undefined) {
    const decay = input(averagingInput, [])
    for (const { name, shape } of pass.variables) {
      const next = step.outputs[nextOf(name)]
      const own = averageName(name)
      if (next !== undefined) step.carry(own, shape, averaged(step.state(own, shape), next, decay))
    }
  }

  return {
    ...step.graph(),
    variables: pass.variables,
    squares: learned.map(({ name }) => squareName(name)),
    scalars: (count, learningRate) => {
      const optimizing = scales.flatMap((scale) => {
        const values = optimizer.scalars(count, learningRate * scale, settings)
        return scalarNames.map((name) => [scalarName(name, scale), demand(values[name], name)])
      })
      const average = averaging === undefined ? {} : { [averagingInput]: averagingDecay(averaging, count) }
      return { ...Object.fromEntries(optimizing), ...average }
    },
  }
}
