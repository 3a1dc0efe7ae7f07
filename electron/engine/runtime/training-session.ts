import { Pass, exportOnnx, input, lower, sizeOf, writeModel } from '../graph/index.ts'
import type { Device } from '../graph/index.ts'
import { channelBlock } from './channel-block.ts'
import { openSession } from './session.ts'
import type { Session, TensorValue } from './session.ts'
import { buildTrainingGraph, scalarInput } from './training-graph.ts'
import type { TrainingGraph, TrainingPlan } from './training-graph.ts'

export interface TrainingOptions extends TrainingPlan {
  /** A value for every parameter and buffer of the model, by name. They are copied. */
  readonly parameters: ReadonlyMap<string, Float32Array>
  readonly device?: Device
  readonly threads?: number
  /** Writes ONNX Runtime's profile of the steps beside this path on closing. */
  readonly profile?: string
}

export interface Batch {
  /** [N, ...inputShape]; N is the batch size in training and any number in prediction. */
  readonly inputs: Float32Array
  /** Labels as Int32Array, or shares of the classes, as the plan says. */
  readonly targets: Float32Array | Int32Array
}

export interface StepOptions {
  readonly learningRate: number
  /** Uniform numbers in [0, 1) for dropout and the like. Needed only if the model asks for any. */
  readonly random?: (purpose: string, shape: readonly number[]) => Float32Array
}

export interface StepResult {
  readonly loss: number
  /** [N, classes], before the update. */
  readonly logits: Float32Array
  /** Over all parameters, before clipping. */
  readonly gradientNorm: number
}

const stepKey = 'optimizer.step'

/** Trains a model step by step. Results depend on the values, the batches and the number of threads, nothing else. */
export class TrainingSession {
  readonly #options: TrainingOptions
  readonly #graph: TrainingGraph
  readonly #session: Session
  /** Parameters and buffers that this training never changes; part of the compiled graph. */
  readonly #frozen: ReadonlyMap<string, Float32Array>
  /** What a step reads, and what it writes: the two are exchanged after every step, so nothing is copied. */
  #current: Map<string, Float32Array>
  #next: Map<string, Float32Array>
  #steps = 0
  #predictor: Promise<Session> | undefined

  private constructor(
    options: TrainingOptions,
    graph: TrainingGraph,
    session: Session,
    frozen: ReadonlyMap<string, Float32Array>,
    current: Map<string, Float32Array>,
  ) {
    this.#options = options
    this.#graph = graph
    this.#session = session
    this.#frozen = frozen
    this.#current = current
    this.#next = new Map([...current].map(([name, { length }]) => [name, new Float32Array(length)]))
  }

  /** Throws when a parameter has no value or one of the wrong size. */
  static async create(options: TrainingOptions): Promise<TrainingSession> {
    const { parameters, device = 'cpu', threads, profile } = options
    const graph = buildTrainingGraph(options)
    const moving = new Set(graph.carried.map(({ name }) => name))
    const values = new Map(graph.variables.map(({ name, shape }) => [name, valueOf(parameters, name, shape)]))
    const frozen = new Map([...values].filter(([name]) => !moving.has(name)))
    const current = new Map(
      graph.carried.map(({ name, shape }) => [name, values.get(name)?.slice() ?? new Float32Array(sizeOf(shape))]),
    )
    const block = device === 'cpu' ? await channelBlock() : undefined
    const lowered = lower(graph.outputs, { device, constants: frozen, ...(block === undefined ? {} : { block }) })
    const session = await openSession(writeModel(lowered), {
      device,
      optimization: 'all',
      ...(threads === undefined ? {} : { threads }),
      ...(profile === undefined ? {} : { profile }),
    })
    return new TrainingSession(options, graph, session, frozen, current)
  }

  /** Updates done since the start, or since the start of the run whose state was restored. */
  get steps(): number {
    return this.#steps
  }

  /** One update. Throws when the batch is not of the planned size. */
  async step({ inputs, targets }: Batch, { learningRate, random }: StepOptions): Promise<StepResult> {
    const { batchSize, classes, inputShape } = this.#options
    const { carried, optimizer, settings, randoms, scalarNames } = this.#graph
    const scalars = optimizer.scalars(this.#steps + 1, learningRate, settings)
    const feeds: Record<string, TensorValue> = {
      inputs: { data: inputs, shape: [batchSize, ...inputShape] },
      targets: { data: targets, shape: targets instanceof Int32Array ? [batchSize] : [batchSize, classes] },
    }
    for (const name of scalarNames) feeds[scalarInput(name)] = { data: Float32Array.of(scalars[name] ?? 0), shape: [] }
    for (const { name, purpose, shape } of randoms) {
      if (random === undefined) throw new Error(`the model needs random numbers for '${purpose}': give step a source`)
      feeds[name] = { data: random(purpose, shape), shape }
    }
    const into: Record<string, TensorValue> = {}
    for (const { name, next, shape } of carried) {
      feeds[name] = { data: stored(this.#current, name), shape }
      into[next] = { data: stored(this.#next, name), shape }
    }
    const wanted = Object.fromEntries(this.#session.inputNames.map((name) => [name, feeds[name] ?? missing(name)]))
    const { loss, logits, gradientNorm } = await this.#session.run(wanted, into)
    ;[this.#current, this.#next] = [this.#next, this.#current]
    this.#steps++
    await this.#forgetPredictor()
    return {
      loss: Number(loss?.data[0]),
      logits: logits?.data as Float32Array,
      gradientNorm: Number(gradientNorm?.data[0]),
    }
  }

  /**
   * Logits [N, classes] of any number of samples, as the finished model would compute them: running statistics, no
   * dropout. The first call after a step compiles the model with its present weights; evaluate in large batches.
   */
  async predict(inputs: Float32Array): Promise<Float32Array> {
    const { inputShape } = this.#options
    this.#predictor ??= this.#openPredictor()
    const session = await this.#predictor
    const { logits } = await session.run({
      inputs: { data: inputs, shape: [inputs.length / sizeOf(inputShape), ...inputShape] },
    })
    return logits?.data as Float32Array
  }

  /** All parameters and buffers of the model by name, frozen ones included. Valid until the next step. */
  parameters(): ReadonlyMap<string, Float32Array> {
    return new Map(
      this.#graph.variables.map(({ name }) => [name, this.#frozen.get(name) ?? stored(this.#current, name)]),
    )
  }

  /** A copy of all that training has changed: with it and the same batches a later session goes on bit for bit. */
  readState(): Map<string, Float32Array> {
    const copies = [...this.#current].map(([name, values]) => [name, values.slice()] as const)
    return new Map([...copies, [stepKey, Float32Array.of(this.#steps)]])
  }

  /** Goes back to a state of `readState`. Throws when it belongs to another model or optimiser. */
  async writeState(state: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const { name, shape } of this.#graph.carried) valueOf(state, name, shape)
    for (const [name, values] of this.#current) values.set(state.get(name) ?? missing(name))
    this.#steps = state.get(stepKey)?.[0] ?? missing(stepKey)
    await this.#forgetPredictor()
  }

  async close(): Promise<void> {
    await this.#forgetPredictor()
    await this.#session.close()
  }

  #openPredictor(): Promise<Session> {
    const { model, inputShape, threads, device = 'cpu' } = this.#options
    const logits = model(new Pass({ training: false }), input('inputs', ['N', ...inputShape]))
    const bytes = exportOnnx({ outputs: { logits }, parameters: this.parameters() })
    return openSession(bytes, { device, ...(threads === undefined ? {} : { threads }) })
  }

  async #forgetPredictor(): Promise<void> {
    const predictor = await this.#predictor
    this.#predictor = undefined
    await predictor?.close()
  }
}

function missing(name: string): never {
  throw new Error(`there is no value for '${name}'`)
}

function stored(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  return values.get(name) ?? missing(name)
}

function valueOf(values: ReadonlyMap<string, Float32Array>, name: string, shape: readonly number[]): Float32Array {
  const value = stored(values, name)
  if (value.length === sizeOf(shape)) return value
  throw new Error(`'${name}' has ${value.length} values where the model needs [${shape.join(', ')}]`)
}
