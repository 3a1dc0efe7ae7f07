/** Training steps and inference beside PyTorch's: two threads, batches of 16, fp32, best of several, alternating. */
import { fileURLToPath } from 'node:url'
import { startPeer } from './peer.ts'
import { row, type Bench, type Row } from './rows.ts'
import { startSide, type Side } from './side.ts'

export interface EngineJob {
  readonly step: 'train' | 'infer'
  readonly model: string
  /** Of the photos, pixels a side. */
  readonly size: number
  readonly batch: number
  readonly classes: number
  readonly threads: number
}

const job = (step: EngineJob['step'], model: string, size: number): EngineJob => {
  return { step, model, size, batch: 16, classes: 10, threads: 2 }
}

const jobs: readonly EngineJob[] = [
  job('train', 'resnet18', 128),
  job('train', 'resnet18', 224),
  job('train', 'vit_tiny_patch16_224', 224),
  job('train', 'mobilenetv2_100', 224),
  job('train', 'efficientnet_lite0', 224),
  job('train', 'inception_v3', 299),
  job('train', 'simple_cnn', 96),
  job('infer', 'simple_cnn', 96),
  job('infer', 'vit_tiny_patch16_224', 224),
  job('infer', 'resnet18', 224),
  job('infer', 'resnet50', 224),
  job('infer', 'mobilenetv2_100', 224),
  job('infer', 'efficientnet_lite0', 224),
  job('infer', 'convnext_tiny', 224),
  job('infer', 'inception_v3', 299),
]

const layouts = ['default', 'channels_last'] as const

/** How long one turn of a side lasts, and how many turns each has. */
const secondsPerTurn = 1
const turns = 5

interface Best {
  imagesPerSecond: number
  /** Bytes above what the process had before it made the model. */
  peak: number
}

/** Images per second of each side: its best of several turns, in which one works at a time. */
export async function takeTurns(sides: readonly Side[], batch: number): Promise<Best[]> {
  const rounds: number[] = []
  for (const side of sides) {
    await side.ask({ rounds: 2 })
    const { seconds = 1 } = await side.ask({ rounds: 1 })
    rounds.push(Math.max(1, Math.round(secondsPerTurn / seconds)))
  }
  const best = sides.map((): Best => ({ imagesPerSecond: 0, peak: 0 }))
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, side] of sides.entries()) {
      const count = rounds[index] ?? 1
      const { seconds = Infinity, peak = 0 } = await side.ask({ rounds: count })
      const found = best[index] as Best
      best[index] = { imagesPerSecond: Math.max(found.imagesPerSecond, (count * batch) / seconds), peak }
    }
  }
  return best
}

async function measure(one: EngineJob): Promise<Row[]> {
  const script = fileURLToPath(new URL('engine-side.ts', import.meta.url))
  const ours = startSide(process.execPath, [script, JSON.stringify(one)])
  const peers: Side[] = []
  try {
    for (const layout of layouts) {
      const peer = await startPeer('engine.py', [JSON.stringify({ ...one, layout })])
      if (peer !== null) peers.push(peer)
    }
    const [mine, ...theirs] = (await takeTurns([ours, ...peers], one.batch)) as [Best, ...Best[]]
    const name = nameOf(one)
    const of = layouts.map((layout, index) => [layout, theirs[index]] as const)
    const speed = of.map(([layout, best]) =>
      row(name, 'images/s', mine.imagesPerSecond, best?.imagesPerSecond ?? null, `PyTorch, ${layout}`),
    )
    const memory = of.map(([layout, best]) =>
      row(`${name}: peak memory`, 'MB', mine.peak / 1e6, best ? best.peak / 1e6 : null, `PyTorch, ${layout}`),
    )
    return [...speed, ...memory]
  } finally {
    for (const side of [ours, ...peers]) side.close()
  }
}

const nameOf = ({ step, model, size }: EngineJob): string => `${step} ${model} ${size}²`

export const bench: Bench = async ({ only }) => {
  const rows: Row[] = []
  for (const one of jobs.filter((candidate) => only === undefined || nameOf(candidate).includes(only))) {
    const found = await measure(one)
    for (const { name, unit, ours, peer, peerName, ratio } of found) {
      const figures = [ours, peer, ratio].map((value) => value?.toPrecision(3) ?? '–')
      process.stderr.write(`  ${name}, ${unit}: ${figures[0]} beside ${figures[1]} (${peerName}): ${figures[2]}\n`)
    }
    rows.push(...found)
  }
  return rows
}
