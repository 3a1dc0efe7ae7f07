import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { StepSeries } from '../../../shared/training.ts'

/** So many can be drawn, sent and kept, however long a run is. */
const mostSteps = 2000

const seriesText = z.object({
  stepsPerEpoch: z.int().min(1),
  steps: z.array(z.int().min(1)),
  losses: z.array(z.number()),
  learningRates: z.array(z.number()),
})

const seriesPath = (directory: string): string => join(directory, 'steps.json')

/** What a run has told of its steps; null when it has told nothing, as runs of older versions. */
export function readSteps(directory: string): StepSeries | null {
  try {
    return seriesText.parse(JSON.parse(readFileSync(seriesPath(directory), 'utf8')))
  } catch {
    // Only for looking at: a run does without.
    return null
  }
}

/** Of every how many steps one is kept. */
const strideOf = (epochs: number, stepsPerEpoch: number): number => Math.ceil((epochs * stepsPerEpoch) / mostSteps)

/** Keeps loss and rate of evenly spaced steps of a run in a file of its folder. */
export interface StepRecorder {
  /** @param step of the run, from 1 */
  add(step: number, loss: number, learningRate: number): void
  /** To be called before each checkpoint: what it goes on from is then in the file, which is cut to it again. */
  save(): void
}

/** @param after the steps that the run goes on from: those that came later are done again */
export function recordSteps(
  directory: string,
  { epochs, stepsPerEpoch, after }: { epochs: number; stepsPerEpoch: number; after: number },
): StepRecorder {
  const stride = strideOf(epochs, stepsPerEpoch)
  const before = after === 0 ? null : readSteps(directory)
  const kept = before?.steps.filter((step) => step <= after).length ?? 0
  const series = {
    stepsPerEpoch,
    steps: before?.steps.slice(0, kept) ?? [],
    losses: before?.losses.slice(0, kept) ?? [],
    learningRates: before?.learningRates.slice(0, kept) ?? [],
  }
  return {
    add(step, loss, learningRate) {
      if ((step - 1) % stride !== 0) return
      series.steps.push(step)
      series.losses.push(loss)
      series.learningRates.push(learningRate)
    },
    save: () => writeFileAtomic.sync(seriesPath(directory), JSON.stringify(series)),
  }
}
