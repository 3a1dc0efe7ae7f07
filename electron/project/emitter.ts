import type { Event } from '../../shared/contract.ts'

/** The sending end of an event: `event` is what others see. */
export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>()

  /** Subscribes; the answer unsubscribes. */
  readonly event: Event<T> = (listener) => {
    // A wrapper of its own: the same function may subscribe twice and leave once.
    const own = (value: T): void => listener(value)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  emit(value: T): void {
    for (const listener of Array.from(this.#listeners)) listener(value)
  }
}
