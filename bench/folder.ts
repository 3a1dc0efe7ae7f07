/** Classifying a folder in one run, from the JPEG on disk to the label, beside torchvision's DataLoader and PyTorch. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { withCompute } from '../electron/cli/compute.ts'
import { createModel, openQuantizer, preprocessingOf, type Model } from '../electron/engine/index.ts'
import { classifyFolder } from '../electron/field/classify-folder.ts'
import { writeTestModel } from '../electron/field/testing.ts'
import { addFasterModel, modelFiles } from '../electron/train/model/model-folder.ts'
import type { Precision } from '../shared/prediction.ts'
import { batchesOf, flowerPaths, readPhotos } from './flower-photos.ts'
import { startPeer } from './peer.ts'
import { row, type Row } from './rows.ts'
import type { Side } from './side.ts'

export interface FolderOptions {
  readonly flowers: string
  readonly scratch: string
  readonly batch: number
  readonly threads: number
  readonly layouts: readonly string[]
}

/** Photos of each class: long enough for starting up not to count. */
const perClass = 30
/** Of the DataLoader: tried for both layouts, then the others for the better one. */
const [mostWorkers, otherWorkers] = [2, [0, 1]]
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
      for (let run = 0; run < 2; run++) {
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

  const { mean, std, resizeShorterSideTo: resize, centerCrop } = preprocessingOf(model)
  const seen = { resize, size: centerCrop[0], mean, std }
  const sides: { side: Side; speed: number }[] = []
  for (const layout of options.layouts) {
    const job = { ...seen, model: peer, photos: paths, classes: classes.length, batch, threads, layout }
    const side = await startPeer('folder.py', [JSON.stringify(job)])
    if (side === null) break
    const { photosPerSecond = 0 } = await side.ask({ workers: mostWorkers })
    sides.push({ side, speed: photosPerSecond })
  }
  const [better] = sides.sort((a, b) => b.speed - a.speed)
  for (const count of better ? otherWorkers : []) {
    const { photosPerSecond = 0 } = (await better?.side.ask({ workers: count })) ?? {}
    if (better) better.speed = Math.max(better.speed, photosPerSecond)
  }
  for (const { side } of sides) side.close()
  const theirs = better?.speed ?? null
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
