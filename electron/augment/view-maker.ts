import { availableParallelism } from 'node:os'
import { FleuronError } from '../../shared/errors.ts'
import { DecodedPhotos } from '../dataset/decoded-photos.ts'
import { DecoderPool } from '../dataset/decoder-pool.ts'
import type { DecoderPhoto, InputSize, View } from '../dataset/decoder-protocol.ts'

const mostBytes = 96 * 1024 * 1024
/** Photos after which the threads begin anew: what they keep does not make room for others by itself. */
const mostPhotos = 60
const mostThreads = 4

/** Threads that make views of one size, and the photos they have seen. */
interface Threads {
  readonly size: InputSize
  readonly pool: DecoderPool
  readonly seen: Set<string>
  /** What they were asked for and have not answered. */
  readonly pending: Set<Promise<unknown>>
}

/** Makes single views, side by side, in the threads that read photos for training; for pictures that somebody waits for. */
export class ViewMaker implements AsyncDisposable {
  #threads: Threads | undefined
  #closing = Promise.resolve()

  /** Planes [3, imageSize, imageSize]. @throws FleuronError 'unreadable' */
  async make(photo: DecoderPhoto, view: View, size: InputSize): Promise<Float32Array> {
    const { pool, seen, pending } = this.#threadsFor(size)
    seen.add(photo.path)
    const asked = pool.decode([photo], [view])
    pending.add(asked)
    const { images, failures, release } = await asked.finally(() => pending.delete(asked))
    const planes = images.slice()
    release()
    const reason = failures.get(0)
    if (reason !== undefined) throw new FleuronError('unreadable', reason)
    return planes
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
    await this.#closing
  }

  #threadsFor(size: InputSize): Threads {
    const known = this.#threads
    const fits = known?.size.imageSize === size.imageSize && known.size.resizeTo === size.resizeTo
    if (known && fits && known.seen.size < mostPhotos) return known
    this.#close()
    const workers = Math.min(mostThreads, availableParallelism())
    const pool = new DecoderPool({ size, workers, decoded: new DecodedPhotos(mostBytes) })
    return (this.#threads = { size, pool, seen: new Set(), pending: new Set() })
  }

  /** Threads that are no longer wanted end after what they were asked for. */
  #close(): void {
    const threads = this.#threads
    this.#threads = undefined
    if (!threads) return
    const closed = Promise.allSettled(threads.pending).then(() => threads.pool.close())
    this.#closing = Promise.all([this.#closing, closed]).then(() => undefined)
  }
}
