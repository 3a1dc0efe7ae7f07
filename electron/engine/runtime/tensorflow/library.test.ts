import { expect, test } from 'vitest'
import { loadTensorFlow } from './library.ts'

test('says that TensorFlow is not installed, and how it would be', async () => {
  await expect(loadTensorFlow()).rejects.toThrow(
    /TensorFlow is not installed; add the package @tensorflow\/tfjs-node-gpu/,
  )
})
