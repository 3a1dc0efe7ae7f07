import type { RunSummary } from '../../shared/training.ts'
import { percent } from '../format.ts'

/** How a run ended, in one line; null while it goes on, and where the user has ended it himself. */
export function endText(run: RunSummary, model: string): string | null {
  switch (run.state) {
    case 'running':
    case 'paused':
    case 'cancelled':
      return null
    case 'failed':
    case 'interrupted':
      return `Run ${run.number}, ${model}: ${run.error?.message ?? 'it was interrupted.'}`
    case 'finished':
    case 'stopped':
      return run.validationAccuracy === null
        ? `Run ${run.number}, ${model}, is done`
        : `Run ${run.number}, ${model}: ${percent(run.validationAccuracy)} of the validation photos right`
  }
}
