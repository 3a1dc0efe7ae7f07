import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { FleuronError } from '../../shared/errors.ts'
import { DecodedPhotos } from './decoded-photos.ts'
import { entryUrl } from '../entries.ts'
import type {
  DecodeOrder,
  DecoderData,
  DecodeReport,
  DecoderPhoto,
  InputSize,
  SharedPixels,
  ToDecoder,
  View,
} from './decoder-protocol.ts'

export interface DecoderPoolOptions {
  readonly size: InputSize
  readonly workers?: number | undefined
  /** Where decoded photos are kept; nowhere unless given. */
  readonly decoded?: DecodedPhotos | undefined
}

/** Photos in memory that all threads of the process see. Give it back: there are only so many. */
export interface DecodedBatch {
  /** [photos · views, 3, imageSize, imageSize], photo by photo, over shared memory. */
  readonly images: Float32Array
  /** Reasons by the place of the photo; its images mean nothing. */
  readonly failures: ReadonlyMap<number, string>
  release(): void
}

/** Half of the cores: computing wants them all, and reading a photo takes less time than looking at it. */
export const decoderThreads = (cores = availableParallelism()): number => Math.max(1, Math.min(8, Math.ceil(cores / 2)))

interface Thread {
  send(message: ToDecoder): void
  readonly ended: Promise<void>
  /** What the others have read and this one has not heard of. */
  news: SharedPixels[]
}

interface Pending {
  readonly order: DecodeOrder
  readonly failures: Map<number, string>
  reports: number
  resolve(batch: DecodedBatch): void
  reject(error: unknown): void
}

/** Threads that read photos and make views of them. */
export class DecoderPool {
  readonly #size: InputSize
  readonly #decoded: DecodedPhotos
  readonly #threads: readonly Thread[]
  readonly #pending = new Map<number, Pending>()
  /** Slots of shared memory that nobody uses now. */
  readonly #slots: SharedArrayBuffer[] = []
  #lastId = 0
  #failed: FleuronError | null = null

  constructor({ size, workers = decoderThreads(), decoded = new DecodedPhotos(0) }: DecoderPoolOptions) {
    this.#size = size
    this.#decoded = decoded
    const workerData: DecoderData = { size, budget: decoded.budget }
    this.#threads = Array.from({ length: workers }, () => {
      const worker = new Worker(entryUrl('decoder'), { workerData, execArgv: [] })
      const thread: Thread = {
        send: (message) => worker.postMessage(message, []),
        ended: new Promise((resolve) => void worker.once('exit', () => resolve())),
        news: decoded.kept,
      }
      worker.on('message', (report: DecodeReport) => this.#receive(thread, report))
      worker.on('error', (error) => this.#fail(error))
      return thread
    })
  }

  /** Orders every photo in every view. The answer may wait for its release: take it even when it is no longer wanted. */
  async decode(photos: readonly DecoderPhoto[], views: readonly View[]): Promise<DecodedBatch> {
    if (this.#failed) throw this.#failed
    const bytes = photos.length * views.length * 3 * this.#size.imageSize ** 2 * 4
    const id = ++this.#lastId
    const slot = this.#takeSlot(bytes)
    const taken = new SharedArrayBuffer(4)
    return new Promise((resolve, reject) => {
      const order = { id, photos, views, slot, taken, learned: [] }
      this.#pending.set(id, { order, failures: new Map(), reports: 0, resolve, reject })
      for (const each of this.#threads) {
        each.send({ kind: 'order', order: { ...order, learned: each.news } })
        each.news = []
      }
    })
  }

  /** Nobody wants what is still to be decoded: threads finish the photo in hand and leave the rest. */
  abandon(): void {
    for (const { order } of this.#pending.values()) Atomics.store(new Int32Array(order.taken), 0, order.photos.length)
  }

  /** Ends the threads, after the photo in hand. */
  async close(): Promise<void> {
    this.abandon()
    for (const { send } of this.#threads) send({ kind: 'end' })
    await Promise.all(this.#threads.map(({ ended }) => ended))
  }

  #takeSlot(bytes: number): SharedArrayBuffer {
    // Batches of one loop are equally large; what another loop left behind is let go.
    for (let slot = this.#slots.pop(); slot; slot = this.#slots.pop()) {
      if (slot.byteLength >= bytes) return slot
    }
    return new SharedArrayBuffer(bytes)
  }

  #receive(from: Thread, { id, failures, learned }: DecodeReport): void {
    if (learned.length > 0) {
      this.#decoded.add(learned)
      for (const each of this.#threads) if (each !== from) each.news.push(...learned)
    }
    const pending = this.#pending.get(id)
    if (!pending) return
    for (const { photo, reason } of failures) pending.failures.set(photo, reason)
    if (++pending.reports < this.#threads.length) return
    this.#pending.delete(id)
    const { slot, photos, views } = pending.order
    pending.resolve({
      images: new Float32Array(slot, 0, photos.length * views.length * 3 * this.#size.imageSize ** 2),
      failures: pending.failures,
      release: () => void this.#slots.push(slot),
    })
  }

  #fail(cause: Error): void {
    this.#failed ??= new FleuronError(
      'compute-failed',
      'A thread that reads photos ended unexpectedly; start this again, and report it if it comes back.',
      { details: cause.stack ?? cause.message, cause },
    )
    for (const pending of this.#pending.values()) pending.reject(this.#failed)
    this.#pending.clear()
  }
}
