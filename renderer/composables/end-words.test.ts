import { expect, test } from 'vitest'
import type { RunSummary } from '../../shared/training.ts'
import { endText } from './end-words.ts'

const run: RunSummary = {
  id: 'a',
  number: 3,
  model: 'simple_cnn',
  mode: 'scratch',
  state: 'finished',
  startedAt: '2026-01-01T00:00:00Z',
  seconds: 60,
  bestEpoch: 4,
  validationAccuracy: 0.931,
  validationLoss: 0.2,
  hasModel: true,
  archived: false,
  error: null,
  study: null,
}

test('says how a run ended, and nothing of what the user has ended himself', () => {
  expect(endText(run, 'Simple CNN')).toBe('Run 3, Simple CNN: 93.1\u00a0% of the validation photos right')
  expect(endText({ ...run, validationAccuracy: null }, 'Simple CNN')).toBe('Run 3, Simple CNN, is done')
  const error = { code: 'compute-failed', message: 'Memory ran out.' } as const
  expect(endText({ ...run, state: 'failed', error }, 'Simple CNN')).toBe('Run 3, Simple CNN: Memory ran out.')
  for (const state of ['running', 'paused', 'cancelled'] as const) expect(endText({ ...run, state }, '')).toBeNull()
})
