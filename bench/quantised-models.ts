/** Models in full precision and on bytes, by our quantiser and by ONNX Runtime's own, for the bench to compare. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  createModel,
  exportClassifier,
  initialState,
  linear,
  loadPretrained,
  openQuantizer,
  openSession,
  TrainingSession,
  type Model,
  type ModelState,
} from '../electron/engine/index.ts'
import { batchesOf, flowerPaths, readPhotos, type Seen } from './flower-photos.ts'
import { onnxPython } from './peer.ts'
import { startSide } from './side.ts'

const classNames = ['daisy', 'dandelion', 'rose', 'sunflower', 'tulip']
/** Photos of each class to learn the classifier from, to calibrate with and to try it on. */
const counts = { learn: 100, calibrate: 10, test: 100 }

export interface PreparedModel {
  readonly model: Model
  /** Files; that of ONNX Runtime's quantiser is null where there is no Python. */
  readonly files: { readonly fp32: string; readonly int8: string; readonly peer: string | null }
  /** Share of flowers it did not learn from that a file gets right; null without pretrained weights. */
  readonly accuracyOf: (file: string) => Promise<number | null>
}

/** With real weights and a classifier of flowers where shared data has them, else with chance weights. */
export async function prepareModel(name: string, flowers: string, weights: string, scratch: string) {
  const model = createModel(name, { classes: classNames.length })
  const [side] = model.inputSize
  const pretrained = join(weights, `${name}.safetensors`)
  const real = existsSync(pretrained)
  const state = real ? loadPretrained(model, pretrained, 1).state : initialState(model, 1)
  const photosOf = (from: number, perClass: number) => readPhotos(model, flowerPaths(flowers, from, perClass))
  if (real) await learnClassifier(model, state, await photosOf(0, counts.learn))
  const calibration = await photosOf(counts.learn, counts.calibrate)
  const bytes = exportClassifier({ model, state, classNames })
  const file = (form: string): string => join(scratch, `${name}.${form}.onnx`)
  writeFileSync(file('fp32'), bytes)
  const quantizer = await openQuantizer({ model: bytes, photos: () => batchesOf(calibration, side, 8) })
  writeFileSync(file('int8'), quantizer.write(new Set(quantizer.spoiled)))
  const peer = await quantizeByPeer(file('fp32'), file('peer'), quantizer.method, calibration, side)
  let test: Seen | undefined
  const prepared: PreparedModel = {
    model,
    files: { fp32: file('fp32'), int8: file('int8'), peer: peer ? file('peer') : null },
    async accuracyOf(path) {
      if (!real) return null
      test ??= await photosOf(counts.learn + counts.calibrate, counts.test)
      const logits = await outputOf(path, 'logits', test, side)
      const classes = classNames.length
      const right = test.labels.filter((label, row) => {
        const own = logits.subarray(row * classes, (row + 1) * classes)
        return own.indexOf(Math.max(...own)) === label
      })
      return right.length / test.labels.length
    },
  }
  return prepared
}

async function quantizeByPeer(model: string, out: string, method: string, { images, labels }: Seen, side: number) {
  const python = await onnxPython()
  if (python === null) return false
  const photos = `${out}.photos`
  writeFileSync(photos, new Uint8Array(images.buffer, images.byteOffset, images.byteLength))
  const job = { model, out, method, photos, shape: [labels.length, 3, side, side] }
  const quantiser = startSide(python, [join(import.meta.dirname, 'peers', 'quantize.py'), JSON.stringify(job)])
  await quantiser.ask({})
  quantiser.close()
  return true
}

async function outputOf(model: string | Uint8Array, name: string, seen: Seen, side: number): Promise<Float32Array> {
  const session = await openSession(typeof model === 'string' ? readFileSync(model) : model)
  const all: number[] = []
  for await (const image of batchesOf(seen, side, 16)) {
    const { [name]: output } = await session.run({ image })
    for (const value of output?.data ?? []) all.push(Number(value))
  }
  await session.close()
  return Float32Array.from(all)
}

/** Logistic regression on the features of the frozen network, into `state`. */
async function learnClassifier(model: Model, state: ModelState, photos: Seen): Promise<void> {
  const [head, count, classes] = [model.config.classifier, model.featureCount, classNames.length]
  const features = await outputOf(
    exportClassifier({ model, state, classNames }),
    'features',
    photos,
    model.inputSize[0],
  )
  const zero = { kind: 'constant', value: 0 } as const
  const names = [`${head}.weight`, `${head}.bias`] as const
  const session = await TrainingSession.create({
    model: (pass, batch) =>
      linear(batch, pass.parameter(names[0], [classes, count], zero), pass.parameter(names[1], [classes], zero)),
    inputShape: [count],
    classes,
    batchSize: photos.labels.length,
    targets: 'labels',
    optimizer: { name: 'adamw', settings: { weightDecay: 1e-3 } },
    parameters: new Map(names.map((name, index) => [name, new Float32Array(index === 0 ? classes * count : classes)])),
  })
  const batch = { inputs: features, targets: Int32Array.from(photos.labels) }
  for (let step = 0; step < 200; step++) await session.step(batch, { learningRate: 0.01 })
  for (const [name, values] of await session.readState()) state.set(name, values)
  await session.close()
}
