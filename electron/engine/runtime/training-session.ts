import { Pass, exportOnnx, input, sizeOf } from '../graph/index.ts'
import { CarriedState, stored } from './carried-state.ts'
import { compileGraph } from './compile.ts'
import { chooseExecution } from './execution.ts'
import type { Execution } from './execution.ts'
import { openSession } from './session.ts'
import type { Resident, Runner, TensorValue } from './session.ts'
import { averageName, buildAccumulationGraph, buildUpdateGraph } from './training-graph.ts'
import type { StepGraph, TrainingPlan, UpdateGraph } from './training-graph.ts'

export interface TrainingOptions extends TrainingPlan {
  /** A value for every parameter and buffer of the model, by name. They are copied. */
  readonly parameters: ReadonlyMap<string, Float32Array>
  /** Of an interrupted run, so that it goes on bit for bit; what is not given is chosen for this machine. */
  readonly execution?: Partial<Execution>
  /** Writes ONNX Runtime's profile of the steps beside this path on closing. */
  readonly profile?: string
}

export interface Batch {
  /** [N, ...inputShape]; N is the batch size in training and any number in prediction. */
  readonly inputs: Float32Array
  /** Labels as Int32Array [N], or shares of the classes as Float32Array [N, classes], as the plan says. */
  readonly targets: Float32Array | Int32Array
}

export interface StepOptions {
  /** Used by the step that makes the update. */
  readonly learningRate: number
  /** Uniform numbers in [0, 1) for dropout and the like. Needed only if the model asks for any. */
  readonly random?: (purpose: string, shape: readonly number[]) => Float32Array
}

export interface StepResult {
  readonly loss: number
  /** [N, classes], before the update. */
  readonly logits: Float32Array
  /** Whether weights changed; with accumulation only every so many batches. */
  readonly updated: boolean
  /** Over all parameters, before clipping; NaN where nothing was updated. */
  readonly gradientNorm: number
}

/** Which weights: those of the last step, or their running average, which the plan must ask for. */
export interface WeightChoice {
  readonly averaged?: boolean
}

const stepKey = 'optimizer.step'
const accumulatedKey = 'accumulated.batches'

/** A step as it runs. */
interface Compiled {
  readonly graph: StepGraph
  readonly session: Runner
}

/** Trains a model step by step. Results depend on the values, the batches and the execution, nothing else. */
export class TrainingSession {
  /** What decides the bits: store it with the run and give it to the session that goes on. */
  readonly execution: Execution
  readonly #plan: TrainingPlan
  readonly #graph: UpdateGraph
  readonly #update: Runner
  readonly #accumulate: Compiled | undefined
  /** Parameters and buffers that this training never changes; part of the compiled graph. */
  readonly #frozen: ReadonlyMap<string, Float32Array>
  readonly #state: CarriedState
  #steps = 0
  /** Batches since the last update. */
  #accumulated = 0
  readonly #predictors = new Map<boolean, Promise<Runner>>()

  private constructor(
    plan: TrainingPlan,
    execution: Execution,
    graph: UpdateGraph,
    update: Runner,
    accumulate: Compiled | undefined,
    frozen: ReadonlyMap<string, Float32Array>,
    state: CarriedState,
  ) {
    this.#plan = plan
    this.execution = execution
    this.#graph = graph
    this.#update = update
    this.#accumulate = accumulate
    this.#frozen = frozen
    this.#state = state
  }

  /** Throws when a parameter has no value or one of the wrong size. */
  static async create({
    parameters,
    execution: wanted = {},
    profile,
    ...plan
  }: TrainingOptions): Promise<TrainingSession> {
    const { accumulation = 1 } = plan
    const graph = buildUpdateGraph(plan)
    const accumulating = accumulation === 1 ? undefined : buildAccumulationGraph(plan)
    const execution = await chooseExecution(wanted, Object.values(graph.outputs))
    const state = new CarriedState(accumulating === undefined ? [graph] : [graph, accumulating], execution)
    const values = new Map(graph.variables.map(({ name, shape }) => [name, valueOf(parameters, name, shape)]))
    const frozen = new Map([...values].filter(([name]) => !state.shapes.has(name)))
    state.write(new Map([...values, ...[...values].map(([name, value]) => [averageName(name), value] as const)]))

    const compile = ({ outputs, carried: own }: StepGraph): Promise<Runner> =>
      compileGraph(outputs, { execution, constants: frozen, keep: own.map(({ next }) => next), profile })
    const update = await compile(graph)
    const accumulate =
      accumulating === undefined ? undefined : { graph: accumulating, session: await compile(accumulating) }
    return new TrainingSession(plan, execution, graph, update, accumulate, frozen, state)
  }

  /** Updates done since the start, or since the start of the run whose state was restored. */
  get steps(): number {
    return this.#steps
  }

  /**
   * One batch: an update, or with accumulation a part of one. Throws when the batch is not of the planned size, or when
   * random numbers are needed and not given.
   */
  async step(batch: Batch, { learningRate, random }: StepOptions): Promise<StepResult> {
    const { accumulation = 1 } = this.#plan
    if (this.#accumulate !== undefined && this.#accumulated + 1 < accumulation) {
      const { loss, logits } = await this.#run(this.#accumulate, batch, {}, random)
      this.#accumulated++
      await this.#forgetPredictors()
      return { loss: Number(loss?.data[0]), logits: logits?.data as Float32Array, updated: false, gradientNorm: NaN }
    }
    const scalars = this.#graph.scalars(this.#steps + 1, learningRate)
    const update = { graph: this.#graph, session: this.#update }
    const results = await this.#run(update, batch, scalars, random)
    const { loss, logits } = results
    for (const name of this.#accumulators()) this.#state.clear(name)
    this.#accumulated = 0
    this.#steps++
    await this.#forgetPredictors()
    return {
      loss: Number(loss?.data[0]),
      logits: logits?.data as Float32Array,
      updated: true,
      gradientNorm: Math.sqrt(this.#graph.squares.reduce((sum, name) => sum + Number(results[name]?.data[0]), 0)),
    }
  }

  /**
   * Logits [N, classes] of any number of samples, as the finished model would compute them: running statistics, no
   * dropout. The first call after a step compiles the model with its present weights; evaluate in large batches.
   */
  async predict(inputs: Float32Array, { averaged = false }: WeightChoice = {}): Promise<Float32Array> {
    const { inputShape } = this.#plan
    const predictor = this.#predictors.get(averaged) ?? this.#openPredictor(averaged)
    this.#predictors.set(averaged, predictor)
    const { logits } = await (
      await predictor
    ).run({ inputs: { data: inputs, shape: [inputs.length / sizeOf(inputShape), ...inputShape] } })
    return logits?.data as Float32Array
  }

  /** All parameters and buffers of the model by name, frozen ones included. Valid until the next step. */
  async parameters({ averaged = false }: WeightChoice = {}): Promise<ReadonlyMap<string, Float32Array>> {
    if (averaged && this.#plan.averaging === undefined) throw new Error('the plan keeps no average of the weights')
    const values = await this.#state.read()
    return new Map(
      this.#graph.variables.map(({ name }) => [
        name,
        this.#frozen.get(name) ?? stored(values, averaged ? averageName(name) : name),
      ]),
    )
  }

  /** Shapes of what `readState` gives. */
  get stateShapes(): ReadonlyMap<string, readonly number[]> {
    const counters = [stepKey, ...(this.#accumulate === undefined ? [] : [accumulatedKey])]
    return new Map([...this.#state.shapes, ...counters.map((key) => [key, []] as const)])
  }

  /** A copy of all that training has changed: with it and the same batches a later session goes on bit for bit. */
  async readState(): Promise<Map<string, Float32Array>> {
    const values = await this.#state.read()
    const counters = new Map([
      [stepKey, this.#steps],
      [accumulatedKey, this.#accumulated],
    ])
    return new Map(
      [...this.stateShapes.keys()].map((name) => [
        name,
        values.get(name)?.slice() ?? Float32Array.of(counters.get(name) ?? 0),
      ]),
    )
  }

  /** Goes back to a state of `readState`. Throws when it belongs to another model, optimiser or plan. */
  async writeState(state: ReadonlyMap<string, Float32Array>): Promise<void> {
    for (const [name, shape] of this.stateShapes) valueOf(state, name, shape)
    this.#state.write(state)
    this.#steps = stored(state, stepKey)[0] ?? 0
    this.#accumulated = state.get(accumulatedKey)?.[0] ?? 0
    await this.#forgetPredictors()
  }

  async close(): Promise<void> {
    await this.#forgetPredictors()
    this.#state.close()
    await this.#accumulate?.session.close()
    await this.#update.close()
  }

  #accumulators(): string[] {
    const carriedByUpdate = new Set(this.#graph.carried.map(({ name }) => name))
    const { carried = [] } = this.#accumulate?.graph ?? {}
    return carried.map(({ name }) => name).filter((name) => !carriedByUpdate.has(name))
  }

  async #run(
    { graph, session }: Compiled,
    { inputs, targets }: Batch,
    scalars: Readonly<Record<string, number>>,
    random: StepOptions['random'],
  ): Promise<Record<string, TensorValue>> {
    const { batchSize, classes, inputShape } = this.#plan
    const feeds: Record<string, TensorValue | Resident> = {
      ...this.#state.feeds(),
      inputs: { data: inputs, shape: [batchSize, ...inputShape] },
      targets: { data: targets, shape: targets instanceof Int32Array ? [batchSize] : [batchSize, classes] },
    }
    for (const [name, value] of Object.entries(scalars)) feeds[name] = { data: Float32Array.of(value), shape: [] }
    for (const { name, purpose, shape } of graph.randoms) {
      if (random === undefined) throw new Error(`the model needs random numbers for '${purpose}': give step a source`)
      feeds[name] = { data: random(purpose, shape), shape }
    }
    const given = new Map(Object.entries(feeds))
    const wanted = Object.fromEntries(session.inputNames.map((name) => [name, stored(given, name)]))
    const kept = new Map<string, Resident>()
    const results = await session.run(wanted, this.#state.places(graph), kept)
    this.#state.stepped(graph, kept)
    return results
  }

  async #openPredictor(averaged: boolean): Promise<Runner> {
    const { model, inputShape } = this.#plan
    const { device, threads } = this.execution
    const logits = model(new Pass({ training: false }), input('inputs', ['N', ...inputShape]))
    const parameters = await this.parameters({ averaged })
    if (device === 'tensorflow') return compileGraph({ logits }, { execution: this.execution, constants: parameters })
    return openSession(exportOnnx({ outputs: { logits }, parameters }), { device, threads })
  }

  async #forgetPredictors(): Promise<void> {
    const predictors = [...this.#predictors.values()]
    this.#predictors.clear()
    for (const predictor of predictors) await (await predictor).close()
  }
}

function valueOf(values: ReadonlyMap<string, Float32Array>, name: string, shape: readonly number[]): Float32Array {
  const value = stored(values, name)
  if (value.length === sizeOf(shape)) return value
  throw new Error(`'${name}' has ${value.length} values where the model needs [${shape.join(', ')}]`)
}
