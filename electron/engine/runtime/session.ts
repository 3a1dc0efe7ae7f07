import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import type { Provider } from './devices.ts'
import { inputShape, largest, productsOfBytes, sumOfProducts } from './products-of-bytes.ts'

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** Values with their shape, in plain arrays; Uint8Array holds booleans. */
export interface TensorValue {
  readonly data: TensorData
  readonly shape: readonly number[]
}

/** A value that stays on its device, for later runs of any session there. Whoever got it lets it go. */
export interface Resident {
  readonly resident: OrtTensor
  readonly shape: readonly number[]
}

/** A compiled graph, whatever computes it. */
export interface Runner {
  readonly inputNames: readonly string[]
  run(
    feeds: Readonly<Record<string, TensorValue | Resident>>,
    into?: Readonly<Record<string, TensorValue>>,
    kept?: Map<string, Resident>,
  ): Promise<Record<string, TensorValue>>
  close(): Promise<void>
}

export interface SessionOptions {
  /** The processor unless said otherwise. */
  readonly device?: Provider
  /** Threads within an operator; the results of a computation are the same for the same number. All cores unless given. */
  readonly threads?: number
  /** `'all'` for finished models, whose constant weights may be laid out anew; `'extended'` and less for the rest. */
  readonly optimization?: 'disabled' | 'basic' | 'extended' | 'all'
  /** Outputs that stay on the device; WebGPU alone can do that, and elsewhere there must be none. */
  readonly keep?: readonly string[]
  /** Writes a profile beside this path when the session closes. */
  readonly profile?: string
}

const typeNames = new Map<unknown, 'float32' | 'int32' | 'int64' | 'bool'>([
  [Float32Array, 'float32'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Uint8Array, 'bool'],
])

type Runtime = typeof import('onnxruntime-node')
let runtime: Promise<Runtime> | undefined

/** The native library, loaded when first needed. */
function loadRuntime(): Promise<Runtime> {
  runtime ??= import('onnxruntime-node').catch((error: unknown) => {
    runtime = undefined
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new Error(
      `The compute library ONNX Runtime does not load on this machine (${process.platform} ${process.arch}): ${reason} ` +
        'Reinstall Fleuron; on Windows also install the current Visual C++ Redistributable.',
      { cause: error },
    )
  })
  return runtime
}

/** Of ONNX Runtime, e.g. "1.30.0". */
export async function runtimeVersion(): Promise<string> {
  const { env } = await loadRuntime()
  return env.versions.node ?? env.versions.common
}

/** What this package of ONNX Runtime has for this platform, whether it works on this machine or not. */
export async function providers(): Promise<string[]> {
  const { listSupportedBackends } = await loadRuntime()
  return listSupportedBackends().map(({ name }) => name)
}

/** A model ready to run. `run` blocks the thread while it computes, so sessions belong into a worker process. */
export class Session implements Runner {
  readonly #session: InferenceSession
  readonly #runtime: Runtime

  readonly #profiles: boolean

  constructor(session: InferenceSession, library: Runtime, profiles: boolean) {
    this.#session = session
    this.#runtime = library
    this.#profiles = profiles
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames
  }

  /**
   * Computes all outputs. Where `into` holds an array for an output, the result is written there, which saves its
   * allocation; it may be the array of an input only where the graph has no more use for that (in-place.ts). Outputs
   * that stay on the device are put into `kept`. Throws when an input is missing or has the wrong shape.
   */
  async run(
    feeds: Readonly<Record<string, TensorValue | Resident>>,
    into: Readonly<Record<string, TensorValue>> = {},
    kept: Map<string, Resident> = new Map(),
  ): Promise<Record<string, TensorValue>> {
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, value]) => [name, 'resident' in value ? value.resident : this.#wrap(value)]),
    )
    const fetches = Object.fromEntries(
      this.#session.outputNames.map((name) => [name, into[name] === undefined ? null : this.#wrap(into[name])]),
    )
    const results = await this.#session.run(inputs, fetches)
    const values: Record<string, TensorValue> = {}
    for (const [name, tensor] of Object.entries(results)) {
      if (tensor.location === 'gpu-buffer') kept.set(name, { resident: tensor, shape: tensor.dims })
      else values[name] = { data: tensor.data as TensorData, shape: tensor.dims }
    }
    return values
  }

  async close(): Promise<void> {
    if (this.#profiles) this.#session.endProfiling()
    await this.#session.release()
  }

  #wrap({ data, shape }: TensorValue): OrtTensor {
    const type = typeNames.get(data.constructor)
    if (type === undefined) throw new Error(`ONNX Runtime takes no ${data.constructor.name} here`)
    return new this.#runtime.Tensor(type, data, [...shape])
  }
}

let saturates: Promise<boolean> | undefined

/** Whether weights of 8 bits overflow on this processor: tried, not guessed, and found out once. */
export function productsSaturate(): Promise<boolean> {
  saturates ??= trySaturation().catch((error: unknown) => {
    saturates = undefined
    throw error
  })
  return saturates
}

async function trySaturation(): Promise<boolean> {
  const session = await open(productsOfBytes(), { threads: 1 }, false)
  const { y } = await session.run({ x: { data: largest, shape: inputShape } })
  await session.close()
  return y?.data[0] !== sumOfProducts
}

/**
 * Opens a model from its bytes or its file. Where products of bytes overflow, ONNX Runtime computes them in another,
 * slower way; told to prevent it where they do not, it would be as slow there.
 */
export async function openSession(model: Uint8Array | string, options: SessionOptions = {}): Promise<Session> {
  return open(model, options, await productsSaturate())
}

async function open(model: Uint8Array | string, options: SessionOptions, preventOverflow: boolean): Promise<Session> {
  const library = await loadRuntime()
  const { device = 'cpu', threads, optimization = 'all', keep = [], profile } = options
  try {
    const session = await library.InferenceSession.create(model as string, {
      executionProviders: [device],
      graphOptimizationLevel: optimization,
      logSeverityLevel: 3,
      executionMode: 'sequential',
      interOpNumThreads: 1,
      // A plan for the memory of a run asks for one block of it, which would stand beside what the first run took.
      enableMemPattern: false,
      // A thread waits awake for the next operation, which is quicker than to be woken, but not for the next step:
      // photos are decoded on the same cores meanwhile.
      extra: {
        session: {
          intra_op: { allow_spinning: '1', spin_duration_us: '200' },
          x64quantprecision: preventOverflow ? '1' : '0',
        },
      },
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      ...(keep.length === 0
        ? {}
        : { preferredOutputLocation: Object.fromEntries(keep.map((name) => [name, 'gpu-buffer'])) }),
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    })
    return new Session(session, library, profile !== undefined)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const name = typeof model === 'string' ? `'${model}'` : 'the model'
    throw new Error(`ONNX Runtime cannot open ${name} on ${device}: ${reason}`, { cause: error })
  }
}
