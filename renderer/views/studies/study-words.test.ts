import { expect, test } from 'vitest'
import type { Study } from '../../../shared/study.ts'
import { axisOf, progressText, spreadText } from './study-words.ts'

const study = (states: string[], state: Study['state']) =>
  ({ runs: states.map((each) => ({ state: each })), state }) as Study

test('how far a study is', () => {
  expect(progressText(study(['done', 'stopped', 'running', 'waiting'], 'running'))).toBe('2 of 4 runs, running')
  expect(progressText(study(['done', 'waiting'], 'paused'))).toBe('1 of 2 runs, paused')
  expect(progressText(study(['done'], 'finished'))).toBe('1 run')
})

test('a mean with what the seeds make, where there are several', () => {
  expect(spreadText({ mean: 0.72, interval: [0.7, 0.74] })).toEqual({ value: '72.0\u00a0%', plusMinus: '± 2.0' })
  expect(spreadText({ mean: 0.72, interval: null }).plusMinus).toBeNull()
})

test('the axis has room for everything and stays between 0 and 1', () => {
  expect(axisOf([])).toEqual([0, 1])
  expect(axisOf([{ mean: 0.72, interval: [0.66, 0.78] }, { mean: 0.99, interval: null }, null])).toEqual([0.6, 1])
  const [low, high] = axisOf([{ mean: 1, interval: null }])
  expect([low, high]).toEqual([0.9, 1])
})
