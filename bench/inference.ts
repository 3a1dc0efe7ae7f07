/**
 * Inference in full precision and on bytes beside PyTorch, and beside ONNX Runtime's own quantiser on the same model; then
 * whole folders, from the JPEG to the label.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { takeTurns } from './engine.ts'
import { measureFolder } from './folder.ts'
import { startPeer } from './peer.ts'
import { prepareModel } from './quantised-models.ts'
import { row, type Bench, type Row } from './rows.ts'
import { startSide, type Side } from './side.ts'
import { shared } from './training.ts'

/** Our name, and timm's of the same computation. */
const networks = [
  { name: 'simple_cnn', peer: 'simple_cnn' },
  { name: 'resnet18', peer: 'resnet18' },
  { name: 'resnet50', peer: 'resnet50' },
  { name: 'tf_mobilenetv2_100', peer: 'mobilenetv2_100' },
  { name: 'tf_efficientnet_lite0', peer: 'efficientnet_lite0' },
  { name: 'inception_v3', peer: 'inception_v3' },
  { name: 'vit_tiny_patch16_224', peer: 'vit_tiny_patch16_224' },
  { name: 'convnext_tiny', peer: 'convnext_tiny' },
] as const
const folders = ['vit_tiny_patch16_224', 'tf_mobilenetv2_100', 'resnet50']

const batch = 16
const threads = 2
const layouts = ['default', 'channels_last'] as const

async function measureNetwork({ name, peer }: (typeof networks)[number], places: Places): Promise<Row[]> {
  const { model, files, accuracyOf } = await prepareModel(name, places.flowers, places.weights, places.scratch)
  const [size] = model.inputSize
  const script = fileURLToPath(new URL('inference-side.ts', import.meta.url))
  const side = (file: string): Side =>
    startSide(process.execPath, [script, JSON.stringify({ model: file, batch, size, threads })])
  const own = [side(files.fp32), side(files.int8), ...(files.peer === null ? [] : [side(files.peer)])]
  const torch: Side[] = []
  try {
    for (const layout of layouts) {
      const job = { step: 'infer', model: peer, size, batch, classes: 5, threads, layout }
      const started = await startPeer('engine.py', [JSON.stringify(job)])
      if (started !== null) torch.push(started)
    }
    const speeds = (await takeTurns([...own, ...torch], batch)).map(({ imagesPerSecond }) => imagesPerSecond)
    const [fp32 = 0, int8 = 0, byPeer = null] = speeds.slice(0, own.length)
    const better = torch.length > 0 ? Math.max(...speeds.slice(own.length)) : null
    const pytorch = 'PyTorch fp32, better layout'
    const quantiser = "ONNX Runtime's quantiser"
    const rows = [
      row(`infer ${name} ${size}² fp32`, 'images/s', fp32, better, pytorch),
      row(`infer ${name} ${size}² int8`, 'images/s', int8, better, pytorch),
      row(`infer ${name} ${size}² int8`, 'images/s', int8, byPeer, quantiser),
    ]
    const [full, onBytes] = [await accuracyOf(files.fp32), await accuracyOf(files.int8)]
    if (full === null || onBytes === null) return rows
    const theirs = files.peer === null ? null : await accuracyOf(files.peer)
    return [
      ...rows,
      row(`infer ${name} int8: right on flowers`, 'share', onBytes, full, 'the same model in fp32'),
      row(`infer ${name} int8: right on flowers`, 'share', onBytes, theirs, quantiser),
    ]
  } finally {
    for (const each of [...own, ...torch]) each.close()
  }
}

interface Places {
  readonly flowers: string
  readonly weights: string
  readonly scratch: string
}

export const bench: Bench = async ({ only }) => {
  const [flowers, weights] = [shared('data/flowers'), shared('weights')]
  if (flowers === null || weights === null) return []
  const places = { flowers, weights, scratch: mkdtempSync(join(tmpdir(), 'fleuron-bench-')) }
  const wanted = (name: string): boolean => only === undefined || name.includes(only)
  const rows: Row[] = []
  try {
    for (const network of networks)
      if (wanted(`infer ${network.name}`)) rows.push(...told(await measureNetwork(network, places)))
    for (const network of networks) {
      if (!folders.includes(network.name) || !wanted(`folder ${network.name}`)) continue
      rows.push(...told(await measureFolder(network, { ...places, batch, threads, layouts })))
    }
    return rows
  } finally {
    rmSync(places.scratch, { recursive: true, force: true })
  }
}

function told(rows: readonly Row[]): readonly Row[] {
  for (const { name, unit, ours, peer, peerName, ratio } of rows) {
    const figures = [ours, peer, ratio].map((value) => value?.toPrecision(3) ?? '–')
    process.stderr.write(`  ${name}, ${unit}: ${figures[0]} beside ${figures[1]} (${peerName}): ${figures[2]}\n`)
  }
  return rows
}
