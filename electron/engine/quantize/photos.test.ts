import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createModel, exportClassifier } from '../models/index.ts'
import { decodePhoto } from '../models/photo-testing.ts'
import { openSession } from '../runtime/index.ts'
import { describeShared, readShared, sharedFolder } from '../testing.ts'
import { loadPretrained } from '../weights/index.ts'
import { openQuantizer } from './quantize-model.ts'

interface Fixture {
  preprocessing: { resizeShorterSideTo: number }
  photos: { photo: string; top5: number[]; logits: number[] }[]
}

const classes = 1000
const asBatch = (data: Float32Array) => ({ data, shape: [1, 3, 224, 224] })

/** Real weights on bytes, calibrated on other photos than those that PyTorch has looked at. */
describe.each(['vit_tiny_patch16_224', 'tf_mobilenetv2_100'])('%s', (name) => {
  describeShared('on bytes sees in real photos what PyTorch sees', `oracle/images/${name}.json`, () => {
    const { preprocessing, photos } = readShared<Fixture>(`oracle/images/${name}.json`)
    const shorter = preprocessing.resizeShorterSideTo

    test('the same first class on nearly all, and always one of the first five', async () => {
      const model = createModel(name, { classes })
      const { state } = loadPretrained(model, join(sharedFolder, `weights/${name}.safetensors`), 0)
      const classNames = Array.from({ length: classes }, (_, index) => String(index))
      const calibration: Float32Array[] = []
      for (const flower of ['daisy', 'dandelion', 'rose', 'sunflower', 'tulip']) {
        const files = readdirSync(join(sharedFolder, 'data/flowers', flower))
          .sort()
          .slice(100, 103)
        for (const file of files) calibration.push(await decodePhoto(`flowers/${flower}/${file}`, { shorter }))
      }
      const quantizer = await openQuantizer({
        model: exportClassifier({ model, state, classNames }),
        photos: async function* () {
          for (const image of calibration) yield asBatch(image)
        },
      })
      const session = await openSession(quantizer.write(new Set(quantizer.spoiled)), { threads: 2 })
      let same = 0
      for (const { photo, top5, logits } of photos) {
        const { logits: found } = await session.run({ image: asBatch(await decodePhoto(photo, { shorter })) })
        const values = found!.data as Float32Array
        const best = values.indexOf(Math.max(...values))
        expect(top5, photo).toContain(best)
        same += Number(best === top5[0])
        expect(Math.abs(values[top5[0]!]! - logits[0]!), photo).toBeLessThan(1.5)
      }
      await session.close()
      expect(same).toBeGreaterThanOrEqual(11)
    })
  })
})
