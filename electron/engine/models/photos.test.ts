import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { openSession } from '../runtime/index.ts'
import { describeShared, readShared, sharedFolder } from '../testing.ts'
import { loadPretrained } from '../weights/index.ts'
import { exportClassifier, preprocessingOf } from './export-classifier.ts'
import { createModel } from './registry.ts'

interface Fixture {
  preprocessing: { resizeShorterSideTo: number; centerCrop: number }
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

/** From the JPEG to the model's answer, against timm on the same photos. */
describeShared('real weights on real photos', 'oracle/images/vit_tiny_patch16_224.json', () => {
  const fixture = readShared<Fixture>('oracle/images/vit_tiny_patch16_224.json')
  const classes = 1000
  const model = createModel('vit_tiny_patch16_224', { classes })

  /** Red, green, blue in 0 … 1, [3, 224, 224]. */
  async function decode(path: string): Promise<Float32Array> {
    const { resizeShorterSideTo: shorter, centerCrop } = preprocessingOf(model)
    const [height, width] = centerCrop
    const source = sharp(join(sharedFolder, 'data', path))
    const size = await source.metadata()
    const scale = shorter / Math.min(size.width, size.height)
    const [wide, high] = [size.width, size.height].map((side) => Math.floor(side * scale + 1e-6)) as [number, number]
    const pixels = await source
      .resize(wide, high, { kernel: 'cubic', fit: 'fill', fastShrinkOnLoad: false })
      .extract({ left: halfToEven(wide - width), top: halfToEven(high - height), width, height })
      .raw()
      .toBuffer()
    const plane = width * height
    return Float32Array.from({ length: 3 * plane }, (_, i) => pixels[(i % plane) * 3 + Math.floor(i / plane)]! / 255)
  }

  test('the same photo, the same class, nearly the same probability', async () => {
    expect(preprocessingOf(model)).toMatchObject({
      resizeShorterSideTo: fixture.preprocessing.resizeShorterSideTo,
      centerCrop: [fixture.preprocessing.centerCrop, fixture.preprocessing.centerCrop],
    })
    const { state } = loadPretrained(model, join(sharedFolder, 'weights/vit_tiny_patch16_224.safetensors'), 0)
    const classNames = Array.from({ length: classes }, (_, index) => String(index))
    const session = await openSession(exportClassifier({ model, state, classNames }), { threads: 2 })
    let same = 0
    for (const { photo, size, tensor, top5, probabilities } of fixture.photos) {
      const image = await decode(photo)
      // libvips enlarges by another interpolation than Pillow: only what is reduced can be compared by the pixel.
      if (Math.min(...size) > fixture.preprocessing.resizeShorterSideTo) {
        fixture.positions.forEach(([channel, y, x], index) => {
          const value = image[(channel * 224 + y) * 224 + x]! * 2 - 1
          expect(Math.abs(value - tensor.samples[index]!), `${photo} at ${channel}, ${y}, ${x}`).toBeLessThan(0.02)
        })
      }
      const { probability } = await session.run({ image: { data: image, shape: [1, 3, 224, 224] } })
      const found = probability!.data as Float32Array
      same += Number(found.indexOf(Math.max(...found)) === top5[0])
      expect(Math.abs(found[top5[0]!]! - probabilities[0]!), photo).toBeLessThan(0.1)
    }
    await session.close()
    expect(same).toBeGreaterThanOrEqual(11)
  })
})
