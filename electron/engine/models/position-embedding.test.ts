import { expect, test } from 'vitest'
import { describeShared, readShared } from '../testing.ts'
import { resamplePositions } from './position-embedding.ts'
import { ruleTensor } from './testing.ts'

interface Case {
  oldSide: number
  newSide: number
  width: number
  outputNorm: number
  output?: number[]
  tokens?: Record<string, number[]>
}

describeShared('position embeddings', 'oracle/models/pos_embed_resample.json', () => {
  const { cases } = readShared<{ cases: Case[] }>('oracle/models/pos_embed_resample.json')
  test.each(cases)(
    '$oldSide to $newSide at width $width',
    ({ oldSide, newSide, width, outputNorm, output, tokens }) => {
      const shape = [1, 1 + oldSide ** 2, width]
      const found = resamplePositions({ shape, data: ruleTensor('pos_embed', shape) }, [newSide, newSide], width)!
      expect(found).toHaveLength((1 + newSide ** 2) * width)
      const norm = Math.sqrt(found.reduce((sum, value) => sum + value * value, 0))
      expect(Math.abs(norm / outputNorm - 1)).toBeLessThan(1e-5)
      const largest = Math.max(...found.map(Math.abs))
      output?.forEach((value, index) => expect(Math.abs(found[index]! - value)).toBeLessThan(1e-5 * largest))
      for (const [token, values] of Object.entries(tokens ?? {})) {
        values.forEach((value, index) => {
          expect(Math.abs(found[Number(token) * width + index]! - value)).toBeLessThan(1e-5 * largest)
        })
      }
    },
  )
})

test('another grid shape is possible, another kind of tensor is not', () => {
  const data = new Float32Array(10 * 2).fill(0.25)
  expect(resamplePositions({ shape: [1, 10, 2], data }, [2, 5], 2)).toEqual(new Float32Array(11 * 2).fill(0.25))
  expect(resamplePositions({ shape: [1, 10, 2], data }, [2, 2], 4)).toBeUndefined()
  expect(resamplePositions({ shape: [1, 8, 2], data }, [2, 2], 2)).toBeUndefined()
})
