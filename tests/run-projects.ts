/** Projects with runs for tests of the Runs screen: very many that nobody trained, written as training would. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { stream } from '../electron/engine/random/index.ts'
import { Project } from '../electron/project/project.ts'
import { plainSettings } from '../shared/testing.ts'
import { presets } from '../shared/policy.ts'
import type { EpochMetrics, TrainSettings } from '../shared/training.ts'

const base: TrainSettings = { ...plainSettings, epochs: 50 }

/** Curves that fall and, for some, rise again. */
function curve(random: ReturnType<typeof stream>, epochs: number, level: number): EpochMetrics[] {
  const turning = 10 + random.integer(epochs)
  return Array.from({ length: epochs }, (_, index) => {
    const learned = 1 - Math.exp(-(index + 1) / 9)
    const lost = index > turning ? (index - turning) * 0.012 : 0
    const validationAccuracy = Math.min(1, Math.max(0, level * learned - lost / 4 + (random.uniform() - 0.5) * 0.02))
    return {
      epoch: index + 1,
      trainLoss: 1.6 * (1 - learned) + 0.1,
      trainMacroF1: null,
      validationMacroF1: validationAccuracy * 0.98,
      gradientNorm: 1 + random.uniform(),
      inputShare: null,
      computeShare: null,
      trainAccuracy: Math.min(1, level * learned + index * 0.003),
      validationLoss: 1.6 * (1 - level * learned) + lost,
      validationAccuracy,
      learningRate: 3e-3 * (1 - index / epochs),
      seconds: 1.5,
      imagesPerSecond: 300 + random.integer(200),
    }
  })
}

/** Makes a project with `count` runs of `epochs` epochs each, in settings that differ. */
export function makeRunProject(home: string, count: number, epochs: number): string {
  const folder = join(home, 'photos')
  mkdirSync(folder, { recursive: true })
  const directory = join(home, 'many-runs')
  const project = Project.create({ directory, name: 'Many runs', folder })
  project.database.exec('BEGIN')
  for (let number = 1; number <= count; number++) {
    const random = stream({ seed: number, purpose: 'run' })
    const preset = presets[number % presets.length] as (typeof presets)[number]
    const settings: TrainSettings = {
      ...base,
      epochs,
      ...(number % 4 === 0 ? { model: 'vit_tiny_patch16_224', mode: 'frozen', imageSize: 224 } : {}),
      learningRate: Number((10 ** (-4 + 2 * random.uniform())).toPrecision(3)),
      weightDecay: [0, 0.01, 0.05][number % 3] as number,
      batchSize: [16, 32, 64][random.integer(3)] as number,
      augmentation: preset.policy,
      seed: 1 + (number % 5),
    }
    const { id } = project.runs.create({
      settings,
      classes: [],
      photos: { train: 1050, validation: 225, test: 225 },
    })
    const history = curve(random, epochs, 0.6 + 0.35 * random.uniform())
    for (const metrics of history) project.runs.addEpoch(id, metrics, null)
    const best = history.reduce((low, epoch) => (epoch.validationLoss < low.validationLoss ? epoch : low))
    project.runs.update(id, {
      state: number % 41 === 0 ? 'failed' : 'finished',
      seconds: 40 + random.integer(400),
      bestEpoch: best.epoch,
      validationAccuracy: best.validationAccuracy,
      validationLoss: best.validationLoss,
      testAccuracy: best.validationAccuracy - 0.01,
      tags: number % 10 === 0 ? ['baseline'] : [],
      origin: {
        fingerprint: String(number % 3).repeat(64),
        version: '0.1.0',
        node: '24.0.0',
        onnxruntime: '1.30.0',
        device: { name: 'Test processor', threads: 2 },
        weights: null,
      },
    })
  }
  project.database.exec('COMMIT')
  project.close()
  return directory
}
