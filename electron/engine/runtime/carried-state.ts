import { sizeOf } from '../graph/index.ts'
import { bringHome } from './bring-home.ts'
import { keepsState } from './devices.ts'
import type { Execution } from './execution.ts'
import { needingSecondPlace } from './in-place.ts'
import type { Resident, TensorValue } from './session.ts'
import type { StepGraph } from './training-graph.ts'

/**
 * What training carries from step to step: parameters, buffers, the optimiser's memory, averages, gathered gradients. It
 * lies in this process, or in the memory of a device that can keep it.
 */
export class CarriedState {
  /** By name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly #staysOnDevice: boolean
  /**
   * What a step reads, and what it writes: what was written is exchanged after every step, so nothing is copied. What
   * can be written where it was read from has no second place.
   */
  readonly #current: Map<string, Float32Array>
  readonly #next: Map<string, Float32Array>
  /** What stays on the device; newer than `#current` until it is brought home. */
  readonly #resident = new Map<string, Resident>()
  /** Whether `#current` has what the device has. */
  #home = true

  /** All zeros. @param graphs the steps that carry it */
  constructor(graphs: readonly StepGraph[], { device }: Pick<Execution, 'device'>) {
    this.#staysOnDevice = keepsState(device)
    this.shapes = new Map(graphs.flatMap(({ carried }) => carried.map(({ name, shape }) => [name, shape] as const)))
    const zeros = (name: string) => new Float32Array(sizeOf(this.shapes.get(name) ?? missing(name)))
    this.#current = new Map([...this.shapes.keys()].map((name) => [name, zeros(name)]))
    const apart = this.#staysOnDevice ? [] : [...needingSecondPlace(graphs)]
    this.#next = new Map(apart.map((name) => [name, zeros(name)]))
  }

  /** What a step reads. */
  feeds(): Record<string, TensorValue | Resident> {
    return Object.fromEntries(
      [...this.shapes].map(([name, shape]) => [
        name,
        this.#resident.get(name) ?? { data: stored(this.#current, name), shape },
      ]),
    )
  }

  /** Where a step writes what comes back. */
  places({ carried }: StepGraph): Record<string, TensorValue> {
    if (this.#staysOnDevice) return {}
    return Object.fromEntries(
      carried.map(({ name, next, shape }) => [
        next,
        { data: this.#next.get(name) ?? stored(this.#current, name), shape },
      ]),
    )
  }

  /** A step has written. @param kept what it left on the device */
  stepped({ carried }: StepGraph, kept: ReadonlyMap<string, Resident>): void {
    for (const { name, next } of carried) {
      const value = kept.get(next)
      const written = this.#next.get(name)
      if (value !== undefined) {
        this.#letGo(name)
        this.#resident.set(name, value)
        this.#home = false
      } else if (written !== undefined) {
        this.#next.set(name, stored(this.#current, name))
        this.#current.set(name, written)
      }
    }
  }

  /** The values themselves, wherever they were: valid until the next step. */
  async read(): Promise<ReadonlyMap<string, Float32Array>> {
    if (!this.#home && this.#resident.size > 0) {
      for (const [name, values] of await bringHome(this.#resident)) stored(this.#current, name).set(values)
    }
    this.#home = true
    return this.#current
  }

  /** Copies these values; what is not among them stays as it is. */
  write(values: ReadonlyMap<string, Float32Array>): void {
    for (const [name, own] of this.#current) {
      const value = values.get(name)
      if (value === undefined) continue
      this.#letGo(name)
      own.set(value)
    }
  }

  clear(name: string): void {
    this.#letGo(name)
    stored(this.#current, name).fill(0)
  }

  close(): void {
    for (const name of this.#resident.keys()) this.#letGo(name)
  }

  #letGo(name: string): void {
    this.#resident.get(name)?.resident.dispose()
    this.#resident.delete(name)
  }
}

function missing(name: string): never {
  throw new Error(`there is no value for '${name}'`)
}

/** @throws Error when there is no value of this name */
export function stored<Value>(values: ReadonlyMap<string, Value>, name: string): Value {
  return values.get(name) ?? missing(name)
}
