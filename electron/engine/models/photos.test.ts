import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openSession } from '../runtime/index.ts'
import { describeShared, readShared, sharedFolder } from '../testing.ts'
import { loadPretrained } from '../weights/index.ts'
import { exportClassifier, preprocessingOf } from './export-classifier.ts'
import { createModel } from './registry.ts'

interface Fixture {
  preprocessing: { resizeShorterSideTo: number; centerCrop: number; mean: number[]; std: number[] }
  positions: [number, number, number][]
  photos: {
    photo: string
    size: [number, number]
    tensor: { mean: number[]; std: number[]; samples: number[] }
    top5: number[]
    probabilities: number[]
  }[]
}

/** Half of a whole number, as timm rounds it. */
function halfToEven(whole: number): number {
  return whole % 4 === 1 ? (whole - 1) / 2 : Math.round(whole / 2)
}

const classes = 1000

/** Red, green, blue in 0 … 1, [3, height, width]: shorter side resized, or squeezed into a square, then the middle. */
async function decode(path: string, options: { shorter?: number; square?: number }): Promise<Float32Array> {
  const [height, width] = [224, 224]
  const source = sharp(join(sharedFolder, 'data', path))
  const size = await source.metadata()
  const { shorter = 0, square } = options
  const scale = shorter / Math.min(size.width, size.height)
  const sides = [size.width, size.height].map((side) => square ?? Math.floor(side * scale + 1e-6))
  const [wide, high] = sides as [number, number]
  const pixels = await source
    .resize(wide, high, { kernel: 'cubic', fit: 'fill', fastShrinkOnLoad: false })
    .extract({ left: halfToEven(wide - width), top: halfToEven(high - height), width, height })
    .removeAlpha()
    .raw()
    .toBuffer()
  const plane = width * height
  return Float32Array.from({ length: 3 * plane }, (_, i) => pixels[(i % plane) * 3 + Math.floor(i / plane)]! / 255)
}

async function open(name: string) {
  const model = createModel(name, { classes })
  const { state, headReplaced, adapted } = loadPretrained(model, join(sharedFolder, `weights/${name}.safetensors`), 0)
  expect([headReplaced, adapted]).toEqual([false, []])
  const classNames = Array.from({ length: classes }, (_, index) => String(index))
  const session = await openSession(exportClassifier({ model, state, classNames }), { threads: 2 })
  const look = async (image: Float32Array): Promise<Float32Array> => {
    const { probability } = await session.run({ image: { data: image, shape: [1, 3, 224, 224] } })
    return probability!.data as Float32Array
  }
  return { model, look, close: () => session.close() }
}

const bestOf = (probabilities: Float32Array) => probabilities.indexOf(Math.max(...probabilities))

/** From the JPEG to the model's answer, against timm on the same photos. */
describe.each(['vit_tiny_patch16_224', 'tf_mobilenetv2_100'])('%s', (name) => {
  describeShared('real weights on real photos', `oracle/images/${name}.json`, () => {
    const fixture = readShared<Fixture>(`oracle/images/${name}.json`)
    const { resizeShorterSideTo: shorter, centerCrop } = fixture.preprocessing

    test('the same photo, the same class, nearly the same probability', async () => {
      const { model, look, close } = await open(name)
      expect(preprocessingOf(model)).toMatchObject({
        resizeShorterSideTo: shorter,
        centerCrop: [centerCrop, centerCrop],
        mean: fixture.preprocessing.mean,
        std: fixture.preprocessing.std,
      })
      let same = 0
      for (const { photo, size, tensor, top5, probabilities } of fixture.photos) {
        const image = await decode(photo, { shorter })
        // libvips enlarges by another interpolation than Pillow: only what is reduced can be compared by the pixel.
        if (Math.min(...size) > shorter) {
          fixture.positions.forEach(([channel, y, x], index) => {
            const value = image[(channel * 224 + y) * 224 + x]! * 2 - 1
            expect(Math.abs(value - tensor.samples[index]!), `${photo} at ${channel}, ${y}, ${x}`).toBeLessThan(0.02)
          })
        }
        const found = await look(image)
        same += Number(bestOf(found) === top5[0])
        expect(Math.abs(found[top5[0]!]! - probabilities[0]!), photo).toBeLessThan(0.1)
      }
      await close()
      expect(same).toBeGreaterThanOrEqual(11)
    })
  })
})

describeShared('EfficientNet-Lite0 on daisies', 'weights/tf_efficientnet_lite0.safetensors', () => {
  const daisy = 985

  test('as many of the first forty as the package that the weights come from', async () => {
    const { look, close } = await open('tf_efficientnet_lite0')
    const photos = readdirSync(join(sharedFolder, 'data/flowers/daisy')).sort().slice(0, 40)
    let found = 0
    for (const photo of photos) {
      found += Number(bestOf(await look(await decode(`flowers/daisy/${photo}`, { square: 256 }))) === daisy)
    }
    await close()
    // 38 by Pillow; another resampler may sway one photo. Wrong padding gives 36.
    expect(found).toBeGreaterThanOrEqual(37)
  })
})
