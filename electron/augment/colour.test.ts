import { expect, test } from 'vitest'
import { describeShared, readShared } from '../engine/testing.ts'
import { changeColour, makeGrey, type ColourChange } from './colour.ts'

interface ColourOracle {
  image: number[][][]
  grey: number[][]
  cases: { operation: ColourChange; factor: number; image: number[][][] }[]
}

describeShared('changes of colour as torchvision defines them', 'oracle/augment.json', () => {
  const oracle = readShared<{ colour: ColourOracle }>('oracle/augment.json').colour
  const original = Float32Array.from(oracle.image.flat(2))

  test.each(oracle.cases)('$operation, $factor', ({ operation, factor, image }) => {
    const planes = original.slice()
    changeColour(planes, operation, factor)
    // torchvision itself computes hue in float32.
    const tolerance = operation === 'hue' ? 3e-6 : 1e-6
    image.flat(2).forEach((value, i) => expect(Math.abs((planes[i] as number) - value)).toBeLessThan(tolerance))
  })

  test('greyscale', () => {
    const planes = original.slice()
    makeGrey(planes)
    const grey = oracle.grey.flat(2)
    planes.forEach((value, i) => expect(Math.abs(value - (grey[i % grey.length] as number))).toBeLessThan(1e-6))
  })
})
