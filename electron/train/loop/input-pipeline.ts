import type { Policy } from '../../../shared/policy.ts'
import type { DecodedPhotos } from '../../dataset/decoded-photos.ts'
import { DecoderPool, type DecodedBatch } from '../../dataset/decoder-pool.ts'
import type { InputSize, View } from '../../dataset/decoder-protocol.ts'
import { stream } from '../../engine/random/index.ts'

/** A photo on its way into a network. */
export interface InputPhoto {
  /** Opaque id: names the photo in every random draw. */
  readonly id: string
  /** Absolute path of the file. */
  readonly path: string
  /** Index of its class; −1 where there is none. */
  readonly label: number
}

/** Images ready to be run. The arrays belong to the pipeline and hold until the next batch is asked for. */
export interface Batch {
  /** How many images; only a last batch has fewer than were asked for. */
  readonly count: number
  /** [count, 3, imageSize, imageSize], RGB, 0 to 1 (the graph normalises). Never shared memory: ONNX Runtime refuses it. */
  readonly images: Float32Array
  /** [count], the class of each image. */
  readonly labels: Int32Array
  /** [count], the place of its photo in the list that was handed in. */
  readonly indices: Uint32Array
  /** [count], the place of its view in `views` (0 when training). */
  readonly views: Uint8Array
  /** Which batch of those that were asked for it is, from 0. */
  readonly place: number
}

export interface TrainingRequest {
  readonly photos: readonly InputPhoto[]
  /** A list shorter than one batch makes one batch of all its photos. */
  readonly batchSize: number
  readonly policy: Policy
  readonly seed: number
  readonly epoch: number
  /** Batches that the epoch has, where not all that are full. */
  readonly count?: number | undefined
  /** Batches at the beginning of the epoch that are left out: they were seen before the run was interrupted. */
  readonly from?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ViewRequest {
  readonly photos: readonly InputPhoto[]
  readonly batchSize: number
  /** Each photo in each of these views, photo by photo. Left out: the plain view. */
  readonly views?: readonly View[] | undefined
  readonly signal?: AbortSignal | undefined
}

export interface InputPipelineOptions extends InputSize {
  /** Where decoded photos are kept, also for the next pipeline; nowhere unless given. */
  readonly decoded?: DecodedPhotos | undefined
  /** Decoder threads; chosen from the computer's cores when left out. */
  readonly workers?: number | undefined
  /** Called once for a photo that cannot be read; the work goes on without it. */
  readonly onUnreadable?: ((photo: InputPhoto, reason: string) => void) | undefined
}

/** Photos become batches in decoder threads while the caller computes. Open one for a job and close it at its end. */
export interface InputPipeline {
  /**
   * One epoch: a seeded shuffle by (seed, epoch), augmented, full batches only (the rest of the shuffle is dropped).
   * A photo that cannot be read is replaced by its neighbour in the batch, so that every batch stays full.
   */
  trainingBatches(request: TrainingRequest): AsyncIterable<Batch>
  /** All photos in their order, nothing drawn at random but what `views` say; unreadable ones are left out. */
  viewBatches(request: ViewRequest): AsyncIterable<Batch>
  /** Ends the decoder threads and forgets the decoded photos. */
  close(): Promise<void>
}

/** Batches that one epoch of `trainingBatches` has. */
export const trainingBatchCount = (photos: number, batchSize: number): number =>
  photos === 0 ? 0 : Math.max(1, Math.floor(photos / batchSize))

/** Batches that are decoded while one is computed. */
const AHEAD = 2
const PLAIN: readonly View[] = [{ kind: 'plain' }]

/** Photos of one batch, by their places in the list. */
interface Plan {
  readonly indices: Uint32Array
  readonly views: readonly View[]
}

/** Which places of a batch are handed over, some of its photos having failed. */
type Choice = (places: number, failed: DecodedBatch['failures']) => number[]

const onlyReadable: Choice = (places, failed) => [...Array(places).keys()].filter((place) => !failed.has(place))

/** As many as were planned: in place of a photo that cannot be read stands the next one that can. */
const alwaysFull: Choice = (places, failed) => {
  if (failed.size === places) return []
  return Array.from({ length: places }, (_, place) => {
    let taken = place
    while (failed.has(taken)) taken = (taken + 1) % places
    return taken
  })
}

export function openInputPipeline(options: InputPipelineOptions): InputPipeline {
  const { imageSize, resizeTo, workers, onUnreadable } = options
  const pool = new DecoderPool({ size: { imageSize, resizeTo }, decoded: options.decoded, workers })
  const reported = new Set<string>()

  async function* batches(
    photos: readonly InputPhoto[],
    plans: readonly Plan[],
    choose: Choice,
    signal: AbortSignal | undefined,
    from = 0,
  ): AsyncGenerator<Batch> {
    const images = new Images()
    const ahead: Promise<DecodedBatch>[] = []
    let next = from
    const order = (): void => {
      const plan = plans[next++]
      if (!plan) return
      const decoded = pool.decode(photosAt(photos, plan.indices), plan.views)
      // Looked at in its turn; until then a failure is nobody's.
      decoded.catch(() => undefined)
      ahead.push(decoded)
    }
    const report = (index: number, reason: string): void => {
      const photo = photos[index] as InputPhoto
      if (reported.has(photo.id)) return
      reported.add(photo.id)
      onUnreadable?.(photo, reason)
    }
    try {
      for (let i = 0; i < AHEAD; i++) order()
      for (const [number, plan] of [...plans.entries()].slice(from)) {
        signal?.throwIfAborted()
        const decoded = await (ahead.shift() as Promise<DecodedBatch>)
        for (const [place, reason] of decoded.failures) report(plan.indices[place] as number, reason)
        const batch = pack(decoded, plan, photos, choose(plan.indices.length, decoded.failures), images, number)
        decoded.release()
        order()
        if (batch.count > 0) yield batch
      }
    } finally {
      if (ahead.length > 0) pool.abandon()
      for (const decoded of await Promise.allSettled(ahead)) if (decoded.status === 'fulfilled') decoded.value.release()
    }
  }

  return {
    trainingBatches: ({ photos, batchSize, policy, seed, epoch, count, from, signal }) => {
      const order = stream({ seed, epoch, purpose: 'order of the photos' }).permutation(photos.length)
      const views: View[] = [{ kind: 'augmented', policy, seed, epoch }]
      const size = Math.min(batchSize, photos.length)
      const full = order.subarray(0, (count ?? trainingBatchCount(photos.length, batchSize)) * size)
      return batches(photos, planBatches(full, size, views), alwaysFull, signal, from)
    },
    viewBatches: ({ photos, batchSize, views = PLAIN, signal }) => {
      const order = Uint32Array.from(photos.keys())
      const size = Math.max(1, Math.floor(batchSize / views.length))
      return batches(photos, planBatches(order, size, views), onlyReadable, signal)
    },
    close: () => pool.close(),
  }
}

const photosAt = (photos: readonly InputPhoto[], indices: Uint32Array): InputPhoto[] =>
  Array.from(indices, (index) => photos[index] as InputPhoto)

const planBatches = (order: Uint32Array, size: number, views: readonly View[]): Plan[] =>
  Array.from({ length: Math.ceil(order.length / size) }, (_, batch) => ({
    indices: order.slice(batch * size, (batch + 1) * size),
    views,
  }))

/** The plain array that batches are copied into: one for a whole loop, so that memory does not fill up with them. */
class Images {
  #images = new Float32Array(0)

  take(length: number): Float32Array {
    if (this.#images.length < length) this.#images = new Float32Array(length)
    return this.#images.subarray(0, length)
  }
}

/** Copies these places of a batch, in all views, into the plain array. */
function pack(
  decoded: DecodedBatch,
  plan: Plan,
  photos: readonly InputPhoto[],
  places: readonly number[],
  images: Images,
  place: number,
): Batch {
  const views = plan.views.length
  const length = decoded.images.length / plan.indices.length
  const count = places.length * views
  const batch = {
    count,
    images: images.take(places.length * length),
    labels: new Int32Array(count),
    indices: new Uint32Array(count),
    views: Uint8Array.from({ length: count }, (_, image) => image % views),
    place,
  }
  places.forEach((taken, at) => {
    const index = plan.indices[taken] as number
    batch.images.set(decoded.images.subarray(taken * length, (taken + 1) * length), at * length)
    batch.labels.fill(photos[index]?.label ?? -1, at * views, (at + 1) * views)
    batch.indices.fill(index, at * views, (at + 1) * views)
  })
  return batch
}
