import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RejectorThresholds } from '../evaluate/rejector.ts'
import { createModel, exportClassifier, initialState, type Model } from '../engine/index.ts'
import { defaultSettings } from '../train/settings/settings.ts'
import { modelFiles, writeModelFolder, type ModelCard } from '../train/model/model-folder.ts'

export interface TestModel {
  /** A small network unless given, for as many classes as it has. */
  readonly model?: Model
  readonly classes?: readonly string[]
  readonly thresholds?: RejectorThresholds
  /** Changes to the file before it is written. */
  readonly change?: (bytes: Uint8Array) => Uint8Array
}

/** A model folder whose network was never trained: it says something of every photo, and always the same. */
export async function writeTestModel(directory: string, options: TestModel = {}): Promise<void> {
  const { classes = ['daisy', 'iris', 'rose'], change = (bytes) => bytes } = options
  const { thresholds = { unknownBelow: -1e9, knownFrom: { score: -1e9, probability: 0 } } } = options
  const { model = createModel('simple_cnn', { classes: classes.length, inputSize: [32, 32] }) } = options
  const dimensions = model.featureCount
  const measures = { validationPhotos: 20, kept: 0.95, known: 0.8, knownRight: 1 }
  const sentence = 'Kept 95 % of 20 validation photos.'
  const bytes = exportClassifier({
    model,
    state: initialState(model, 3),
    classNames: classes,
    temperature: 0.05,
    // How far the direction of the features is from the first axis: some number that differs from photo to photo.
    rejector: {
      dimensions,
      views: [
        {
          centre: new Float32Array(dimensions),
          whitening: Float32Array.from({ length: dimensions ** 2 }, (_, i) => Number(i % (dimensions + 1) === 0)),
          means: Float32Array.from({ length: classes.length * dimensions }, (_, i) => Number(i % dimensions === 0)),
        },
      ],
    },
    metadata: { rejector: { thresholds, measures, sentence } },
  })
  const photos = { train: 1, validation: 1, test: 1 }
  const card: ModelCard = {
    format: 'fleuron-model',
    version: 1,
    run: { id: 'run', number: 1 },
    model: model.name,
    parameters: 1,
    classes: classes.map((name) => ({ id: name, name })),
    data: { project: 'Test', photos, perClass: [], fingerprint: '' },
    settings: defaultSettings('simple_cnn', 'scratch', 100),
    weights: null,
    bestEpoch: 1,
    temperature: 0.05,
    metrics: { validation: null, test: null },
    testConfusion: null,
    rejector: { sentence, thresholds, measures },
    versions: { fleuron: '0', onnxruntime: '0', node: '0' },
    device: { name: '', threads: 1 },
    startedAt: '2026-01-01T00:00:00Z',
    trainedAt: '2026-01-01T00:00:00Z',
    seconds: 1,
  }
  await writeModelFolder(directory, bytes, card, async () => ({}))
  writeFileSync(join(directory, modelFiles.model), change(bytes))
}
