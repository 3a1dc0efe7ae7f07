import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSession } from '../runtime/index.ts'
import { describeShared, readShared, sharedFolder } from '../testing.ts'
import { loadPretrained } from '../weights/index.ts'
import { exportClassifier, preprocessingOf } from './export-classifier.ts'
import { decodePhoto } from './photo-testing.ts'
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

const classes = 1000

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
        const image = await decodePhoto(photo, { shorter })
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
      found += Number(bestOf(await look(await decodePhoto(`flowers/daisy/${photo}`, { square: 256 }))) === daisy)
    }
    await close()
    // 38 by Pillow; another resampler may sway one photo. Wrong padding gives 36.
    expect(found).toBeGreaterThanOrEqual(37)
  })
})
