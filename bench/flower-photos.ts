/** Flowers as networks see them, for measurements that need real photos. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { preprocessingOf, type Model } from '../electron/engine/index.ts'
import { openInputPipeline } from '../electron/train/loop/input-pipeline.ts'

export interface Seen {
  /** [count, 3, size, size] */
  readonly images: Float32Array
  readonly labels: readonly number[]
}

/** Paths of so many photos of each class, from the given one on, class by class in turn. */
export function flowerPaths(folder: string, from: number, perClass: number): { path: string; label: number }[] {
  const classes = readdirSync(folder).sort()
  const photos = classes.map((name, label) =>
    readdirSync(join(folder, name))
      .sort()
      .slice(from, from + perClass)
      .map((file) => ({ path: join(folder, name, file), label })),
  )
  return Array.from({ length: perClass }, (_, place) => photos.flatMap((own) => own[place] ?? [])).flat()
}

/** Reads photos the way the model sees them. */
export async function readPhotos(model: Model, paths: readonly { path: string; label: number }[]): Promise<Seen> {
  const [side] = model.inputSize
  const length = 3 * side * side
  const pipeline = openInputPipeline({ imageSize: side, resizeTo: preprocessingOf(model).resizeShorterSideTo })
  const images = new Float32Array(paths.length * length)
  const photos = paths.map((photo, index) => ({ ...photo, id: String(index) }))
  for await (const batch of pipeline.viewBatches({ photos, batchSize: 16 })) {
    batch.indices.forEach((index, row) => {
      images.set(batch.images.subarray(row * length, (row + 1) * length), index * length)
    })
  }
  await pipeline.close()
  return { images, labels: paths.map(({ label }) => label) }
}

/** In batches of so many. */
export async function* batchesOf({ images, labels }: Seen, side: number, size: number) {
  const length = 3 * side * side
  for (let from = 0; from < labels.length; from += size) {
    const count = Math.min(size, labels.length - from)
    yield { data: images.subarray(from * length, (from + count) * length), shape: [count, 3, side, side] }
  }
}
