import { expect, test } from 'vitest'
import { readMetadata, readModel } from '../graph/index.ts'
import { stream } from '../random/stream.ts'
import { openSession } from '../runtime/index.ts'
import { exportClassifier, preprocessingOf } from './export-classifier.ts'
import type { RejectorTensors } from './export-classifier.ts'
import { initialState } from './parameters.ts'
import { createModel } from './registry.ts'

const model = createModel('simple_cnn', { classes: 3, inputSize: [32, 48] })
const state = initialState(model, 1)
const classNames = ['Löwenzahn', 'rose "wild"', '雛菊']
const dimensions = model.featureCount
const normals = (purpose: string, length: number) => {
  const draw = stream({ seed: 2, purpose })
  return Float32Array.from({ length }, () => draw.normal())
}
const rejector: RejectorTensors = {
  dimensions,
  views: [
    {
      centre: new Float32Array(dimensions),
      whitening: normals('w', dimensions ** 2),
      means: normals('m', 2 * dimensions),
    },
    {
      centre: normals('c2', dimensions),
      whitening: normals('w2', dimensions ** 2),
      means: normals('m2', 2 * dimensions),
    },
  ],
}
const photos = (count: number) => {
  const data = stream({ seed: 2, purpose: 'photos' }).fillUniform(new Float32Array(count * 3 * 32 * 48))
  return { image: { data, shape: [count, 3, 32, 48] } }
}

async function run(bytes: Uint8Array, count: number) {
  const session = await openSession(bytes, { threads: 1 })
  const outputs = await session.run(photos(count))
  await session.close()
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { data, shape }]) => [name, { data: [...data].map(Number), shape }]),
  )
}

/** The score in float64, from the definition. */
function scoreOf(features: readonly number[]): number {
  const perView = rejector.views.map(({ centre, whitening, means }) => {
    const offset = features.map((value, i) => value - centre[i]!)
    const seen = offset.map((value) => value / Math.hypot(...offset))
    const point = seen.map((_, i) => seen.reduce((sum, value, j) => sum + whitening[i * dimensions + j]! * value, 0))
    return [0, 1].map((own) => point.reduce((sum, value, i) => sum + (value - means[own * dimensions + i]!) ** 2, 0))
  })
  return -Math.min(...[0, 1].map((own) => perView.reduce((sum, distances) => sum + distances[own]!, 0)))
}

test('outputs of any number of photos follow from each other', async () => {
  const bytes = exportClassifier({ model, state, classNames, temperature: 1.7, rejector })
  const [one, three] = [await run(bytes, 1), await run(bytes, 3)]
  expect(Object.fromEntries(Object.entries(three).map(([name, { shape }]) => [name, shape]))).toEqual({
    probability: [3, 3],
    logits: [3, 3],
    features: [3, dimensions],
    score: [3],
  })
  for (const name of Object.keys(one)) {
    one[name]!.data.forEach((value, index) => expect(three[name]!.data[index]!).toBeCloseTo(value, 4))
  }
  for (let photo = 0; photo < 3; photo++) {
    const exponentials = three.logits!.data.slice(photo * 3, photo * 3 + 3).map((value) => Math.exp(value / 1.7))
    const sum = exponentials.reduce((total, value) => total + value, 0)
    exponentials.forEach((value, index) =>
      expect(three.probability!.data[photo * 3 + index]!).toBeCloseTo(value / sum, 5),
    )
    const expected = scoreOf(three.features!.data.slice(photo * dimensions, (photo + 1) * dimensions))
    expect(Math.abs(three.score!.data[photo]! / expected - 1)).toBeLessThan(1e-4)
  }
})

/** Of photos [N, 3, H, W], left and right exchanged. */
const turned = (data: Float32Array, width: number): Float32Array =>
  Float32Array.from(
    { length: data.length },
    (_, at) => data[Math.floor(at / width) * width + (width - 1 - (at % width))]!,
  )

test.each([
  ['simple_cnn', [32, 48]],
  ['vit_tiny_patch16_224', [32, 32]],
  ['inception_v3', [75, 75]],
] as const)('%s that looks at the mirror, too, answers by the mean of both', async (name, inputSize) => {
  const own = createModel(name, { classes: 3, inputSize })
  const options = { model: own, state: initialState(own, 1), classNames, temperature: 1.7 }
  const [height, width] = inputSize
  const data = stream({ seed: 2, purpose: 'photos' }).fillUniform(new Float32Array(2 * 3 * height * width))
  const outputsOf = async (bytes: Uint8Array, photosOf: Float32Array) => {
    const session = await openSession(bytes, { threads: 1 })
    const outputs = await session.run({ image: { data: photosOf, shape: [2, 3, height, width] } })
    await session.close()
    return Object.fromEntries(Object.entries(outputs).map(([key, value]) => [key, [...value.data].map(Number)]))
  }
  const plain = exportClassifier(options)
  expect(Buffer.from(exportClassifier({ ...options, testTime: 'none' })).equals(plain)).toBe(true)
  const both = exportClassifier({ ...options, testTime: 'mirror' })
  expect(readMetadata(readModel(both))['fleuron.testTime']).toBe('"mirror"')
  // Both branches read the same weights.
  expect(both.length).toBeLessThan(plain.length * 1.1)

  const [asItIs, mirror] = [await outputsOf(plain, data), await outputsOf(plain, turned(data, width))]
  const found = await outputsOf(both, data)
  const scale = Math.max(...asItIs['features']!.map(Math.abs))
  for (const key of ['features', 'logits'] as const) {
    found[key]!.forEach((value, at) => {
      const mean = (asItIs[key]![at]! + mirror[key]![at]!) / 2
      expect(Math.abs(value - mean)).toBeLessThan(1e-4 * Math.max(1, scale))
    })
  }
  for (const photo of [0, 1]) {
    const powers = found['logits']!.slice(photo * 3, photo * 3 + 3).map((value) => Math.exp(value / 1.7))
    const sum = powers.reduce((total, value) => total + value, 0)
    powers.forEach((value, at) => expect(found['probability']![photo * 3 + at]!).toBeCloseTo(value / sum, 5))
  }
  // What is seen mirrored is the same photo.
  const other = await outputsOf(both, turned(data, width))
  found['logits']!.forEach((value, at) => expect(other['logits']![at]!).toBeCloseTo(value, 4))
})

test('what travels with the model', () => {
  const metadata = { thresholds: { unknownBelow: -3 }, rejector: 'Kept 95 %.' }
  const found = readMetadata(readModel(exportClassifier({ model, state, classNames, metadata })))
  expect(found['fleuron.format']).toBe('1')
  expect(found['fleuron.model']).toBe('simple_cnn')
  expect(JSON.parse(found['fleuron.classes']!)).toEqual(classNames)
  expect(JSON.parse(found['fleuron.preprocessing']!)).toEqual({
    resizeShorterSideTo: 35,
    interpolation: 'bicubic',
    centerCrop: [32, 48],
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  })
  expect(found['fleuron.temperature']).toBe('1')
  expect(JSON.parse(found['fleuron.thresholds']!)).toEqual(metadata.thresholds)
  expect(preprocessingOf(createModel('vit_tiny_patch16_224', { classes: 2 })).resizeShorterSideTo).toBe(248)
})

test('what does not fit is refused', () => {
  expect(() => exportClassifier({ model, state, classNames: ['one'] })).toThrow(
    '1 class names do not go with a model of 3',
  )
  const other = { ...rejector, dimensions: 192 }
  expect(() => exportClassifier({ model, state, classNames, rejector: other })).toThrow('192 features')
  const partial = new Map([...state].slice(1))
  expect(() => exportClassifier({ model, state: partial, classNames })).toThrow(
    'stages.0.conv.weight needs 864 values, not none',
  )
})
