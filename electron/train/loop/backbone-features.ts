import { openSession, preprocessingOf, type Model, type Session, type SessionOptions } from '../../engine/index.ts'
import type { View } from '../../dataset/decoder-protocol.ts'
import type { JobContext } from '../compute/compute-protocol.ts'
import { openFeatureShelf, type FeatureShelf } from './feature-shelf.ts'
import type { InputPipeline } from './input-pipeline.ts'
import type { ProgressReporter } from './progress.ts'
import { concatenate, viewBatchSize } from './seen-photos.ts'
import type { TrainPhoto } from '../run/train-job.ts'

/** Changes whenever the same photo would give other pixels than before: the shelves of old pixels are then left alone. */
const viewsVersion = 1

/** Photos and the views of them that are wanted. */
export interface ViewOrder {
  readonly photos: readonly TrainPhoto[]
  readonly views: readonly View[]
}

/** Features by photo, in the order of the views of its order; a photo that could not be read is missing. */
export type FeaturesByPhoto = ReadonlyMap<TrainPhoto, readonly Float32Array[]>

/** What a frozen network makes of photos; whatever was computed before comes from the shelf. */
export interface Backbone extends AsyncDisposable {
  /** Views that have to be computed. */
  missing(orders: readonly ViewOrder[]): number
  see(orders: readonly ViewOrder[]): Promise<FeaturesByPhoto>
  /** [count, 3, imageSize, imageSize] → [count, featureCount], without the shelf. */
  features(images: Float32Array, count: number): Promise<Float32Array>
}

/** Everything but the photo's contents that the pixels of a view depend on; the id takes part in random draws. */
const viewName = (view: View, { id }: TrainPhoto): string =>
  view.kind === 'augmented' ? JSON.stringify({ ...view, photo: id }) : view.kind

export async function openBackbone(options: {
  model: Model
  /** The network as exportClassifier writes it. */
  bytes: Uint8Array
  weightsHash: string
  /** What computes it. */
  session: Pick<SessionOptions, 'device' | 'threads'>
  /** Folder of the shelves. */
  directory: string
  pipeline: InputPipeline
  context: Pick<JobContext<unknown>, 'breathe' | 'signal'>
  progress: ProgressReporter
}): Promise<Backbone> {
  const { model, weightsHash, directory, pipeline, context, progress } = options
  const [imageSize] = model.inputSize
  const session = await openSession(options.bytes, options.session)
  const shelf = openFeatureShelf(
    directory,
    {
      model: model.name,
      weights: weightsHash,
      preprocessing: JSON.stringify({ ...preprocessingOf(model), viewsVersion }),
    },
    model.featureCount,
  )

  const features = (images: Float32Array, count: number) => runInBatches(session, images, count, imageSize)

  async function compute(photos: readonly TrainPhoto[], views: readonly View[]): Promise<void> {
    const request = { photos, views, batchSize: viewBatchSize, signal: context.signal }
    for await (const { count, images, indices, views: places } of pipeline.viewBatches(request)) {
      await context.breathe()
      const rows = await features(images, count)
      for (let row = 0; row < count; row++) {
        const own = rows.slice(row * model.featureCount, (row + 1) * model.featureCount)
        const photo = photos[indices[row] as number] as TrainPhoto
        shelf.put(photo.hash, viewName(views[places[row] as number] as View, photo), own)
      }
      progress.advance(count)
    }
  }

  return {
    missing: (orders) =>
      groupMissing(shelf, orders).reduce((sum, { photos, views }) => sum + photos.length * views.length, 0),
    features,
    async see(orders) {
      for (const { photos, views } of groupMissing(shelf, orders)) {
        await compute(photos, views)
      }
      const seen = new Map<TrainPhoto, readonly Float32Array[]>()
      for (const { photos, views } of orders) {
        for (const photo of photos) {
          const own = views.map((view) => stored(shelf, photo, view))
          if (own.every((values) => values !== undefined)) seen.set(photo, own)
        }
      }
      return seen
    },
    async [Symbol.asyncDispose]() {
      shelf[Symbol.dispose]()
      await session.close()
    },
  }
}

const stored = (shelf: FeatureShelf, photo: TrainPhoto, view: View): Float32Array | undefined =>
  shelf.get(photo.hash, viewName(view, photo))

/** Photos that lack the same views go together: each is decoded once for all the views it lacks. */
function groupMissing(shelf: FeatureShelf, orders: readonly ViewOrder[]): ViewOrder[] {
  const groups = new Map<string, { photos: TrainPhoto[]; views: View[] }>()
  for (const { photos, views } of orders) {
    for (const photo of photos) {
      const lacking = views.filter((view) => stored(shelf, photo, view) === undefined)
      if (lacking.length === 0) continue
      const key = lacking.map((view) => JSON.stringify(view)).join('\n')
      const group = groups.get(key) ?? { photos: [], views: lacking }
      group.photos.push(photo)
      groups.set(key, group)
    }
  }
  return [...groups.values()]
}

/**
 * Always in batches of one size, the last one filled up: features are then the same whichever photos they are computed
 * with, and memory does not grow with the number of views.
 */
async function runInBatches(
  session: Session,
  images: Float32Array,
  count: number,
  side: number,
): Promise<Float32Array> {
  const length = 3 * side * side
  const parts: Float32Array[] = []
  for (let from = 0; from < count; from += viewBatchSize) {
    const rows = Math.min(viewBatchSize, count - from)
    const whole = rows === viewBatchSize
    const data = whole
      ? images.subarray(from * length, (from + rows) * length)
      : new Float32Array(viewBatchSize * length)
    if (!whole) data.set(images.subarray(from * length, (from + rows) * length))
    const outputs = await session.run({ image: { data, shape: [viewBatchSize, 3, side, side] } })
    const features = outputs['features']?.data as Float32Array
    parts.push(features.subarray(0, (features.length / viewBatchSize) * rows))
  }
  return concatenate(parts)
}
