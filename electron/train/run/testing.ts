import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { drawShapes, temporaryFolder, writeUntrainedWeights } from '../testing.ts'

/** For all tests of the file: a folder with `photos` of drawn shapes (`shapesInput`), and weights of a backbone for them. */
export function shapesForAllTests(): { readonly root: string; readonly weights: string } {
  const folder = temporaryFolder()
  const root = folder.path
  const weights = join(root, 'weights.safetensors')
  beforeAll(async () => {
    await drawShapes(join(root, 'photos'), 20)
    writeUntrainedWeights(weights)
  })
  afterAll(() => folder[Symbol.dispose]())
  return { root, weights }
}
