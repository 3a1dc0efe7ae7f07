import { describe, expect, it } from 'vitest'
import { estimateMemory, fitToMemory } from './memory.ts'
import { isOutOfMemory } from '../loop/memory-failure.ts'
import { defaultSettings } from '../settings/settings.ts'
import { halved, stepShape } from '../loop/step-shape.ts'

const settings = { ...defaultSettings('resnet18', 'scratch', 1500), batchSize: 32, accumulation: 1 }

describe('memory', () => {
  it('is estimated from the batch, the size of the photos and the model', () => {
    const bytes = estimateMemory(settings)
    expect(estimateMemory({ ...settings, batchSize: 64 })).toBeGreaterThan(bytes * 1.2)
    expect(estimateMemory({ ...settings, imageSize: 256 })).toBeGreaterThan(bytes * 1.5)
    expect(estimateMemory({ ...settings, mode: 'frozen' })).toBeLessThan(bytes)
  })

  it('picks passes that it suffices for, and keeps the step as it was', () => {
    expect(fitToMemory(settings, 64e9)).toEqual({ batchSize: 32, accumulation: 1 })
    const { batchSize, accumulation } = fitToMemory(settings, 1.6e9)
    expect(batchSize).toBeLessThan(32)
    expect(batchSize * accumulation).toBe(32)
    // As small as it gets, whatever is free.
    expect(fitToMemory(settings, 0)).toEqual({ batchSize: 2, accumulation: 16 })
  })

  it('that runs out is known by what ONNX Runtime and V8 say of it', () => {
    for (const message of [
      'Non-zero status code returned while running Conv node. Failed to allocate memory for requested buffer of size 1',
      'std::bad_alloc',
      'Array buffer allocation failed',
    ]) {
      expect(isOutOfMemory(new Error(message)), message).toBe(true)
    }
    expect(isOutOfMemory(new Error('the batch is of another size'))).toBe(false)
  })
})

describe('the steps of an epoch', () => {
  it('are whole ones; what is left over waits', () => {
    expect(stepShape(105, { batchSize: 16, accumulation: 1 })).toEqual({
      batchSize: 16,
      accumulation: 1,
      stepsPerEpoch: 6,
    })
    expect(stepShape(105, { batchSize: 16, accumulation: 4 })).toEqual({
      batchSize: 16,
      accumulation: 4,
      stepsPerEpoch: 1,
    })
    expect(stepShape(40, { batchSize: 16, accumulation: 8 })).toEqual({
      batchSize: 16,
      accumulation: 2,
      stepsPerEpoch: 1,
    })
    expect(stepShape(5, { batchSize: 16, accumulation: 1 })).toEqual({
      batchSize: 5,
      accumulation: 1,
      stepsPerEpoch: 1,
    })
  })
  it('can be made in smaller passes', () => {
    expect(halved({ batchSize: 16, accumulation: 1, stepsPerEpoch: 6 })).toEqual({
      batchSize: 8,
      accumulation: 2,
      stepsPerEpoch: 6,
    })
    expect(halved({ batchSize: 2, accumulation: 8, stepsPerEpoch: 6 })).toBeNull()
  })
})
