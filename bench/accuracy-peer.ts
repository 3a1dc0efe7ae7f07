/** A run of Fleuron's once more in PyTorch: the same photos, splits, rates and augmentation. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Split } from '../shared/project.ts'
import type { RunRecord } from '../shared/training.ts'
import type { TrainResult } from '../electron/cli/commands/train.ts'
import { createModel, preprocessingOf } from '../electron/engine/index.ts'
import { rateOf } from '../electron/train/loop/schedule.ts'
import { startPeer } from './peer.ts'
import { row, type Row } from './rows.ts'

/** What a run keeps of its photos. */
interface KeptInput {
  classes: unknown[]
  photos: Record<Split, { path: string; label: number }[]>
}

/** Rows of the two accuracies on the same test photos; none where there is no Python. */
export async function besidePyTorch(name: string, result: TrainResult, { settings }: RunRecord): Promise<Row[]> {
  const peer = await startPeer('accuracy.py', [])
  if (peer === null) return []
  const kept = JSON.parse(readFileSync(join(dirname(result.model), 'input.json'), 'utf8')) as KeptInput
  const pairs = (split: Split): [string, number][] => kept.photos[split].map(({ path, label }) => [path, label])
  const { model, mode, imageSize, epochs, batchSize, augmentation } = settings
  const created = createModel(model, { classes: kept.classes.length, inputSize: [imageSize, imageSize] })
  const { randomResizedCrop, horizontalFlip, colourJitter } = augmentation
  const stepsPerEpoch = Math.floor(kept.photos.train.length / batchSize)
  const rate = rateOf(settings, stepsPerEpoch)
  const recipe = {
    ...settings,
    classes: kept.classes.length,
    weights: mode === 'scratch' ? null : join(process.env['FLEURON_WEIGHTS'] ?? '', `${model}.safetensors`),
    mean: created.config.mean,
    std: created.config.std,
    resizeTo: preprocessingOf(created).resizeShorterSideTo,
    cropMin: randomResizedCrop?.areaMin ?? 1,
    flip: horizontalFlip?.probability ?? 0,
    jitter: colourJitter?.brightness ?? 0,
    rates: Array.from({ length: epochs * stepsPerEpoch }, (_, step) => rate.at(step)),
    train: pairs('train'),
    validation: pairs('validation'),
    test: pairs('test'),
  }
  const { accuracy = 0, seconds = 0 } = await peer.ask(recipe)
  peer.close()
  return [
    row(`${name}: the first split`, 'share', result.test?.accuracy ?? 0, accuracy, 'the same recipe, PyTorch and timm'),
    row(`${name}: the first split`, 's', result.seconds, seconds, 'the same recipe, PyTorch and timm'),
  ]
}
