import type { Event } from './contract.ts'

export interface Emitter<T> {
  event: Event<T>
  emit(value: T): void
}

/** An event and the means to fire it. Listeners are called in the order they came. */
export function createEmitter<T>(): Emitter<T> {
  const listeners = new Set<{ listener: (value: T) => void }>()
  return {
    event: (listener) => {
      // The same function may subscribe twice: each subscription is a thing of its own.
      const subscription = { listener }
      listeners.add(subscription)
      return () => {
        listeners.delete(subscription)
      }
    },
    emit: (value) => {
      for (const { listener } of listeners) listener(value)
    },
  }
}
