import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { presetPolicy } from '../../shared/policy.ts'
import type { EpochMetrics, TrainProgress, TrainSettings } from '../../shared/training.ts'
import { createModel, initialState, stream, variablesOf, writeSafetensors } from '../engine/index.ts'
import { splits } from '../../shared/project.ts'
import { defaultSettings } from './settings/settings.ts'
import type { JobContext } from './compute/compute-protocol.ts'
import { runningJobs } from './run/run-training.ts'
import {
  trainJob,
  type TrainJobEvent,
  type TrainJobInput,
  type TrainJobResult,
  type TrainPhoto,
} from './run/train-job.ts'

/** Shapes that anyone can tell apart, each in its own colour on any background. */
const shapes = {
  circle: '<circle cx="32" cy="32" r="20" fill="#d33"/>',
  square: '<rect x="14" y="14" width="36" height="36" fill="#3a3"/>',
  triangle: '<polygon points="32,10 54,52 10,52" fill="#36d"/>',
}
export const shapeNames = Object.keys(shapes) as (keyof typeof shapes)[]

/** Draws `perClass` photos of 64×64 pixels for each shape: `<folder>/<shape>/<number>.jpg`. */
export async function drawShapes(folder: string, perClass: number): Promise<void> {
  for (const name of shapeNames) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let index = 0; index < perClass; index++) {
      const random = stream({ seed: 1, photo: index, purpose: `shape ${name}` })
      const grey = () => 120 + random.integer(120)
      const [x, y, angle] = [random.integer(9) - 4, random.integer(9) - 4, random.integer(360)]
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64">
        <rect width="64" height="64" fill="rgb(${grey()},${grey()},${grey()})"/>
        <g transform="translate(${x} ${y}) rotate(${angle} 32 32)">${shapes[name]}</g></svg>`
      await sharp(Buffer.from(svg))
        .flatten()
        .jpeg({ quality: 95 })
        .toFile(join(folder, name, `${index}.jpg`))
    }
  }
}

/** A folder that is gone after the test. */
export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fleuron-train-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Every fifth photo for validation, every fifth for test. */
function shapePhotos(folder: string, perClass: number): TrainJobInput['photos'] {
  const photos: Record<(typeof splits)[number], TrainPhoto[]> = { train: [], validation: [], test: [] }
  shapeNames.forEach((name, label) => {
    for (let index = 0; index < perClass; index++) {
      const path = join(folder, name, `${index}.jpg`)
      const hash = createHash('sha256').update(readFileSync(path)).digest('hex')
      const split = index % 5 === 0 ? 'validation' : index % 5 === 1 ? 'test' : 'train'
      photos[split].push({ id: `${name}-${index}`, path, label, hash })
    }
  })
  return photos
}

/** Settings with which a model learns the shapes in a few seconds. */
export const quickSettings = (mode: TrainSettings['mode'], changes: Partial<TrainSettings> = {}): TrainSettings => ({
  ...defaultSettings(mode === 'scratch' ? 'simple_cnn' : 'vit_tiny_patch16_224', mode, 60),
  imageSize: 32,
  batchSize: 12,
  epochs: 8,
  patience: 0,
  augmentation: presetPolicy('light'),
  ...changes,
})

/** A run on the shapes in `<root>/photos`, with its folder made. */
export function shapesInput(
  root: string,
  settings: TrainSettings,
  changes: { perClass?: number; run?: string; weights?: string | null } = {},
): TrainJobInput {
  const { perClass = 20, run = 'run-a', weights = null } = changes
  const directory = join(root, 'runs', run)
  mkdirSync(directory, { recursive: true })
  return {
    run: { id: run, number: 1 },
    project: 'Shapes',
    settings,
    classes: shapeNames.map((name) => ({ id: `class-${name}`, name })),
    photos: shapePhotos(join(root, 'photos'), perClass),
    fingerprint: 'shapes',
    directory,
    features: join(root, 'features'),
    device: 'cpu',
    weights,
    startedAt: new Date().toISOString(),
    checkpointSeconds: 120,
    resumes: false,
    halvings: 0,
    secondsBefore: 0,
    version: '0.0.0',
    expected: {},
  }
}

/** What came of a job, and what it told on the way. */
export interface Ran {
  result: TrainJobResult
  told: TrainProgress[]
  unreadable: string[]
}

/** Runs a job in this process; training unless named. `heard` is told of every event when it happens. */
export async function runHere(
  input: TrainJobInput,
  name = trainJob.name,
  heard: (event: TrainJobEvent) => void = () => undefined,
): Promise<Ran> {
  const events: TrainJobEvent[] = []
  const context: JobContext<TrainJobEvent> = {
    emit: (event) => {
      events.push(event)
      heard(event)
    },
    signal: new AbortController().signal,
    stop: new AbortController().signal,
    breathe: () => Promise.resolve(),
  }
  const job = runningJobs.find((each) => each.name === name)
  const result = (await job?.handler(input, context as JobContext<unknown>)) as TrainJobResult
  return {
    result,
    told: events.flatMap((event) => (event.kind === 'progress' ? [event.progress] : [])),
    unreadable: events.flatMap((event) => (event.kind === 'unreadable' ? [event.photo] : [])),
  }
}

/**
 * Weights of a model (ViT-Tiny unless named) that has learned nothing, for photos of 32×32: its features tell these
 * shapes apart all the same, and it is quick.
 */
export function writeUntrainedWeights(path: string, modelName = 'vit_tiny_patch16_224'): void {
  const model = createModel(modelName, { classes: 10, inputSize: [32, 32] })
  const state = initialState(model, 7)
  writeSafetensors(
    path,
    variablesOf(model).map(({ name, shape }) => [name, { shape, data: state.get(name) as Float32Array }]),
  )
}

/** Metrics without what depends on the clock. */
export const untimed = (history: readonly EpochMetrics[]): EpochMetrics[] =>
  history.map((metrics) => ({ ...metrics, seconds: 0, imagesPerSecond: 0, inputShare: 0, computeShare: 0 }))

/** What lies in the folder of a trained model. */
export const modelFolderNames = [
  'MLmodel',
  'card.json',
  'conda.yaml',
  'model.onnx',
  'python_env.yaml',
  'requirements.txt',
]

/** The same after training, when there is a faster form of the model. */
export const trainedFolderNames = [...modelFolderNames, 'model.int8.onnx'].sort()
