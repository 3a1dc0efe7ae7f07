import { describe, expect, it } from 'vitest'
import type { EpochMetrics, RunRecord } from '../../../shared/training.ts'
import { bestEpoch, endSentence, gapSentence, verdict } from './verdict.ts'
import { epochMetrics } from '../../../shared/testing.ts'

/** A history from pairs of training loss and validation loss, by hand. */
function history(...losses: [train: number, validation: number][]): EpochMetrics[] {
  return losses.map(([trainLoss, validationLoss], index) =>
    epochMetrics({ epoch: index + 1, trainLoss, trainAccuracy: 0.71, validationLoss, validationAccuracy: 0.67 }),
  )
}

const at = (trainAccuracy: number, validationAccuracy: number) =>
  gapSentence({ ...history([1, 1])[0]!, trainAccuracy, validationAccuracy })

const said = (epochs: EpochMetrics[]) => verdict(epochs, 'loss')

/** A history from pairs of training loss and validation accuracy; the validation loss rises all the time. */
const accuracies = (...pairs: [train: number, accuracy: number][]) =>
  history(...pairs.map(([train], index): [number, number] => [train, 1 + index])).map((epoch, index) => ({
    ...epoch,
    validationAccuracy: pairs[index]![1],
    validationMacroF1: pairs[index]![1],
  }))

const settings = { epochs: 9, monitor: 'loss', patience: 0, minimumChange: 0, timeBudget: 0 }
const ended = (state: RunRecord['state'], changes: Partial<RunRecord['settings']>, ...losses: [number, number][]) =>
  endSentence({ state, settings: { ...settings, ...changes }, history: history(...losses) } as RunRecord)

describe('the verdict on a run', () => {
  it('waits for three epochs', () => {
    expect(said([]).detail).toBe('The first epoch is under way.')
    expect(said(history([2, 2])).headline).toBe('Learning…')
    expect(said(history([2, 2], [1.8, 1.9])).detail).toBe('Two epochs are done; too early to say more.')
  })

  it('sees that it is still learning, and counts the epochs that helped', () => {
    const found = said(history([2, 2], [1.8, 1.9], [1.6, 1.95], [1.5, 1.7], [1.4, 1.6], [1.3, 1.5]))
    expect(found.headline).toBe('Still learning')
    expect(found.detail).toBe(
      'Validation loss has fallen in 4 of the last 5 epochs. Training is 4 points ahead, which is usual.',
    )
    expect(said(history([2, 2], [1.8, 1.9], [1.6, 1.8])).detail).toContain('in each of the last 2 epochs')
  })

  it('dates overfitting from the epoch after the lowest validation loss', () => {
    const found = said(history([2, 2], [1.5, 1.2], [1.0, 1.0], [0.8, 1.05], [0.6, 1.1], [0.4, 1.2]))
    expect(found.headline).toBe('Overfitting since epoch 4')
    expect(found.detail).toContain('Epoch 3 is kept.')
  })

  it('does not call noise overfitting: one of the three latest losses is near the lowest', () => {
    expect(said(history([2, 2], [1.5, 1.2], [1, 1], [0.8, 1.05], [0.6, 1.01], [0.4, 1.2])).kind).toBe('learning')
  })

  it('does not call it overfitting when training loss rises too', () => {
    expect(said(history([2, 2], [1, 1], [1.2, 1.3], [1.3, 1.4], [1.4, 1.5])).kind).toBe('learning')
  })

  it('judges by the metric that the run watches, and says which', () => {
    const better = accuracies([2, 0.4], [1.5, 0.5], [1.2, 0.6], [1, 0.65])
    expect(said(better).headline).toBe('Overfitting since epoch 2')
    expect(verdict(better, 'accuracy')).toMatchObject({
      headline: 'Still learning',
      detail: expect.stringContaining('Validation accuracy has risen in each of the last 3 epochs.'),
    })
    const worse = accuracies([2, 0.4], [1.5, 0.6], [1.2, 0.59], [1, 0.585], [0.9, 0.55])
    expect(verdict(worse, 'macroF1')).toMatchObject({
      headline: 'Overfitting since epoch 3',
      detail:
        'Training loss still falls while validation F1 falls: the model learns these photos by heart. Epoch 2 is kept.',
    })
    // Half a point less is noise.
    expect(verdict(accuracies([2, 0.6], [1.5, 0.595], [1.2, 0.58], [1, 0.58]), 'accuracy').kind).toBe('learning')
    const flat = accuracies(
      ...Array.from({ length: 7 }, (_, index): [number, number] => [1, index === 1 ? 0.6 : 0.595]),
    )
    expect(verdict(flat, 'accuracy').detail).toContain('Validation accuracy was highest in epoch 2, 5 epochs ago.')
  })

  it('sees a learning rate that is too high', () => {
    const risen = said(history([1.6, 1.6], [1.9, 1.7], [2.1, 1.8], [1.8, 1.7]))
    expect(risen.headline).toBe('Learning rate too high')
    expect(risen.detail).toBe(
      'Training loss is higher than after the first epoch: the steps are too long. Try a third of this rate, or let Fleuron find one.',
    )
    const jumping = said(history([1.6, 1.6], [1.2, 1.2], [1.5, 1.5], [1.1, 1.1], [1.4, 1.4], [1.3, 1.3]))
    expect(jumping.detail).toContain('Training loss has jumped up in 2 of the last 5 epochs')
    // One jump, and small ones, are usual; so is a rise before there are four epochs.
    expect(said(history([1.6, 1.6], [1.2, 1.2], [1.5, 1.5], [1.1, 1.1], [1.0, 1.0])).kind).toBe('learning')
    expect(said(history([1.6, 1.6], [0.2, 0.9], [0.3, 0.8], [0.2, 0.7], [0.3, 0.6])).kind).toBe('learning')
    expect(said(history([1.6, 1.6], [1.7, 1.7], [1.8, 1.8])).kind).toBe('learning')
  })

  it('says when nothing improves any more', () => {
    const flat = history([2, 2], [1, 1], [1, 1.01], [1, 1.01], [1, 1.01], [1, 1.01], [1, 1.01])
    expect(said(flat).headline).toBe('No longer improving')
    expect(said(flat).detail).toContain('lowest in epoch 2, 5 epochs ago')
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
    expect(ended('finished', { epochs: 2 }, [2, 2], [1, 1])).toContain('more epochs may help')
    expect(ended('finished', { epochs: 2 }, [2, 1], [1, 1.5])).toBe(
      'It ran all 2 epochs. Epoch 1 was the best and is kept.',
    )
    expect(ended('finished', { patience: 2 }, [2, 2], [1, 1], [1, 2], [1, 2])).toContain(
      'because validation loss had not fallen for 2 epochs. Epoch 2 was the best',
    )
    expect(ended('finished', { patience: 2, minimumChange: 0.1 }, [2, 2], [1, 1], [1, 0.98], [1, 0.97])).toContain(
      'had not fallen by more than 0.1 for 2 epochs. Epoch 4 was the best',
    )
    expect(ended('finished', { patience: 4 }, [2, 2], [1, 1], [1, 2])).toContain('Its time was up after epoch 3.')
    expect(ended('stopped', {}, [2, 2], [1, 1])).toContain('You stopped it after epoch 2.')
    expect(ended('stopped', {})).toBe('It ended before the first epoch was done.')
  })
  it('takes the first of equally good epochs as the best', () => {
    expect(bestEpoch(history([1, 1], [1, 0.5], [1, 0.5]), 'loss')?.epoch).toBe(2)
  })
})
