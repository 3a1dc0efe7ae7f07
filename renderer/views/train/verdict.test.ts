import { describe, expect, it } from 'vitest'
import type { EpochMetrics, RunRecord } from '../../../shared/training.ts'
import { bestEpoch, endSentence, gapSentence, verdict } from './verdict.ts'

/** A history from pairs of training loss and validation loss, by hand. */
function history(...losses: [train: number, validation: number][]): EpochMetrics[] {
  return losses.map(([trainLoss, validationLoss], index) => ({
    epoch: index + 1,
    trainLoss,
    trainAccuracy: 0.71,
    validationLoss,
    validationAccuracy: 0.67,
    trainMacroF1: null,
    validationMacroF1: null,
    gradientNorm: null,
    learningRate: 0.001,
    seconds: 1,
    imagesPerSecond: 100,
  }))
}

const at = (trainAccuracy: number, validationAccuracy: number) =>
  gapSentence({ ...history([1, 1])[0]!, trainAccuracy, validationAccuracy })

const ended = (state: RunRecord['state'], epochs: number, ...losses: [number, number][]) =>
  endSentence({ state, settings: { epochs }, history: history(...losses) } as RunRecord)

describe('the verdict on a run', () => {
  it('waits for three epochs', () => {
    expect(verdict([]).detail).toBe('The first epoch is under way.')
    expect(verdict(history([2, 2])).headline).toBe('Learning…')
    expect(verdict(history([2, 2], [1.8, 1.9])).detail).toBe('Two epochs are done; too early to say more.')
  })

  it('sees that it is still learning, and counts the epochs that helped', () => {
    const said = verdict(history([2, 2], [1.8, 1.9], [1.6, 1.95], [1.5, 1.7], [1.4, 1.6], [1.3, 1.5]))
    expect(said.headline).toBe('Still learning')
    expect(said.detail).toBe(
      'Validation loss has fallen in 4 of the last 5 epochs. Training is 4 points ahead, which is usual.',
    )
    expect(verdict(history([2, 2], [1.8, 1.9], [1.6, 1.8])).detail).toContain('in each of the last 2 epochs')
  })

  it('dates overfitting from the epoch after the lowest validation loss', () => {
    const said = verdict(history([2, 2], [1.5, 1.2], [1.0, 1.0], [0.8, 1.05], [0.6, 1.1], [0.4, 1.2]))
    expect(said.headline).toBe('Overfitting since epoch 4')
    expect(said.detail).toContain('Epoch 3 is kept.')
  })

  it('does not call noise overfitting: one of the three latest losses is near the lowest', () => {
    expect(verdict(history([2, 2], [1.5, 1.2], [1, 1], [0.8, 1.05], [0.6, 1.01], [0.4, 1.2])).kind).toBe('learning')
  })

  it('does not call it overfitting when training loss rises too', () => {
    expect(verdict(history([2, 2], [1, 1], [1.2, 1.3], [1.3, 1.4], [1.4, 1.5])).kind).toBe('learning')
  })

  it('says when nothing improves any more', () => {
    const flat = history([2, 2], [1, 1], [1, 1.01], [1, 1.01], [1, 1.01], [1, 1.01], [1, 1.01])
    expect(verdict(flat).headline).toBe('No longer improving')
    expect(verdict(flat).detail).toContain('lowest in epoch 2, 5 epochs ago')
  })
})

describe('the gap between training and validation', () => {
  it('is said in points', () => {
    expect(at(0.9, 0.902)).toBe('Training and validation are level.')
    expect(at(0.7, 0.71)).toContain('Validation is 1 point ahead')
    expect(at(0.95, 0.85)).toBe('Training is 10 points ahead, which is usual.')
    expect(at(0.99, 0.8)).toContain('19 points ahead: the model knows')
  })
})

describe('the end of a run', () => {
  it('says why it ended', () => {
    expect(ended('finished', 2, [2, 2], [1, 1])).toContain('more epochs may help')
    expect(ended('finished', 2, [2, 1], [1, 1.5])).toBe('It ran all 2 epochs. Epoch 1 was the best and is kept.')
    expect(ended('finished', 9, [2, 2], [1, 1], [1, 2], [1, 2])).toContain('not fallen for 2 epochs')
    expect(ended('stopped', 9, [2, 2], [1, 1])).toContain('You stopped it after epoch 2.')
    expect(ended('stopped', 9)).toBe('It ended before the first epoch was done.')
  })
  it('takes the first of equally good epochs as the best', () => {
    expect(bestEpoch(history([1, 1], [1, 0.5], [1, 0.5]))?.epoch).toBe(2)
  })
})
