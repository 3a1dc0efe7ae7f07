/** Decoding and augmenting real photos beside torchvision's transforms on PIL: same photos, size and number of processes. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DecodedPhotos } from '../electron/dataset/decoded-photos.ts'
import { openInputPipeline, type InputPhoto, type InputPipeline } from '../electron/train/loop/input-pipeline.ts'
import { policy, presetPolicy, type Policy } from '../shared/policy.ts'
import { startPeer } from './peer.ts'
import { row, type Bench, type Row } from './rows.ts'
import { median, shared } from './training.ts'

const workers = 2
const photosPerClass = 60
/** Measured in turns, so that a busy moment falls on both. */
const turns = 3

const standard = presetPolicy('standard')
const policies: readonly { name: string; peer: string; policy: Policy }[] = [
  { name: 'standard policy', peer: 'standard', policy: standard },
  {
    name: 'crop, mirror, RandAugment',
    peer: 'randaugment',
    policy: policy.parse({ version: 1, randomResizedCrop: {}, horizontalFlip: {}, randAugment: {} }),
  },
]

function photosIn(folder: string): InputPhoto[] {
  return readdirSync(folder).flatMap((name, label) =>
    readdirSync(join(folder, name))
      .sort()
      .slice(0, photosPerClass)
      .map((file) => ({ id: `${name}/${file}`, path: join(folder, name, file), label })),
  )
}

/** Photos per second of one epoch. */
async function epoch(pipeline: InputPipeline, photos: InputPhoto[], own: Policy, number: number): Promise<number> {
  const began = performance.now()
  let count = 0
  const request = { photos, batchSize: 32, policy: own, seed: 1, epoch: number }
  for await (const batch of pipeline.trainingBatches(request)) count += batch.count
  return (count * 1000) / (performance.now() - began)
}

export const bench: Bench = async ({ only = '' }) => {
  const folder = shared('data/flowers')
  if (folder === null) return []
  const photos = photosIn(folder)
  const rows: Row[] = []
  for (const imageSize of [96, 224]) {
    for (const { name, peer, policy: own } of policies) {
      if (!`${name} ${imageSize}²`.includes(only)) continue
      const size = { imageSize, resizeTo: Math.floor(imageSize / 0.9), workers }
      const reading = openInputPipeline(size)
      const keeping = openInputPipeline({ ...size, decoded: new DecodedPhotos(1e9) })
      const job = { photos: photos.map(({ path }) => path), imageSize, policy: peer, workers }
      const side = await startPeer('augment.py', [JSON.stringify(job)])
      const [read, kept, theirs]: [number[], number[], number[]] = [[], [], []]
      await epoch(keeping, photos, own, 1)
      await epoch(reading, photos, own, 1)
      for (let turn = 0; turn < turns; turn++) {
        read.push(await epoch(reading, photos, own, turn + 2))
        if (side !== null) theirs.push((await side.ask({}))['imagesPerSecond'] as number)
        kept.push(await epoch(keeping, photos, own, turn + 2))
      }
      side?.close()
      await Promise.all([reading.close(), keeping.close()])
      const beside = theirs.length > 0 ? median(theirs) : null
      const what = `torchvision on PIL, ${workers} processes`
      rows.push(
        row(`${name} ${imageSize}²: first epoch, from files`, 'photos/s', median(read) ?? 0, beside, what),
        row(`${name} ${imageSize}²: later epochs, decoded photos kept`, 'photos/s', median(kept) ?? 0, beside, what),
      )
    }
  }
  return rows
}
