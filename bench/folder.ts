/** Classifying a folder in one run, from the JPEG on disk to the label, beside torchvision's DataLoader and PyTorch. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { withCompute } from '../electron/cli/compute.ts'
import { createModel, openQuantizer, preprocessingOf, type Model } from '../electron/engine/index.ts'
import { classifyFolder } from '../electron/field/classify-folder.ts'
import { writeTestModel } from '../electron/field/testing.ts'
import { addFasterModel, modelFiles } from '../electron/train/model-folder.ts'
import type { Precision } from '../shared/prediction.ts'
import { batchesOf, flowerPaths, readPhotos } from './flower-photos.ts'
import { startPeer } from './peer.ts'
import { row, type Row } from './rows.ts'

export interface FolderOptions {
  readonly flowers: string
  readonly scratch: string
  readonly batch: number
  readonly threads: number
  readonly layouts: readonly string[]
}

/** Photos of each class: long enough for starting up not to count. */
const perClass = 60
const workers = [0, 1, 2]
const classes = ['daisy', 'dandelion', 'rose', 'sunflower', 'tulip']

export async function measureFolder(
  { name, peer }: { readonly name: string; readonly peer: string },
  options: FolderOptions,
): Promise<Row[]> {
  const { flowers, scratch, batch, threads } = options
  const model = createModel(name, { classes: classes.length })
  const directory = join(scratch, `${name}.model`)
  await writeTestModel(directory, { model, classes })
  await addFaster(directory, model, flowers)
  const folder = join(scratch, `${name}.photos`)
  mkdirSync(folder)
  const paths = flowerPaths(flowers, 0, perClass).map(({ path }) => path)
  for (const path of paths) symlinkSync(path, join(folder, basename(path)))
  const speedOf = async (precision: Precision): Promise<number> =>
    withCompute(async (compute, signal) => {
      // The first run starts the process, which the application does but once.
      let best = 0
      for (let run = 0; run < 3; run++) {
        const { photos, seconds } = await classifyFolder({
          modelDirectory: directory,
          precision,
          folder,
          compute,
          signal,
        })
        best = Math.max(best, photos.length / seconds)
      }
      return best
    })
  const [fp32, faster] = [await speedOf('fp32'), await speedOf('int8')]

  let theirs: number | null = null
  const { mean, std, resizeShorterSideTo: resize, centerCrop } = preprocessingOf(model)
  for (const layout of options.layouts) {
    const seen = { resize, size: centerCrop[0], mean, std }
    const job = { ...seen, model: peer, photos: paths, classes: classes.length, batch, threads, layout }
    const side = await startPeer('folder.py', [JSON.stringify(job)])
    if (side === null) break
    for (const count of workers) {
      const { photosPerSecond = 0 } = await side.ask({ workers: count })
      theirs = Math.max(theirs ?? 0, photosPerSecond)
    }
    side.close()
  }
  const peerName = 'DataLoader and PyTorch, best layout and workers'
  return [
    row(`folder ${name} fp32`, 'photos/s', fp32, theirs, peerName),
    row(`folder ${name} int8`, 'photos/s', faster, theirs, peerName),
  ]
}

/** Chance weights do for speed; what they get right does not matter. */
async function addFaster(directory: string, model: Model, flowers: string): Promise<void> {
  const photos = await readPhotos(model, flowerPaths(flowers, 0, 8))
  const quantizer = await openQuantizer({
    model: readFileSync(join(directory, modelFiles.model)),
    photos: () => batchesOf(photos, model.inputSize[0], 8),
  })
  const { method, bits, nodes } = quantizer
  const unmeasured = { speed: 1, photos: 0, accuracy: 0, fullAccuracy: 0 }
  addFasterModel(directory, quantizer.write(new Set()), {
    method,
    bits,
    nodes: nodes.length,
    floats: 0,
    ...unmeasured,
  })
}
