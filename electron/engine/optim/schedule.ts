import type { Setting, Settings } from './settings.ts'

/** The learning rate in use during step t, counted from 0. */
export interface Schedule {
  (step: number): number
  /** Only of schedules that heed how the run goes. */
  readonly feedback?: Feedback
}

/** What a schedule that heeds a metric must be told, and what it remembers. */
export interface Feedback {
  /** The metric after an epoch; may lower the rate of the steps to come. */
  readonly observe: (metric: number) => void
  /** JSON: given back to `writeState` of a schedule of the same settings, the run goes on with the same rates. */
  readonly readState: () => PlateauState
  readonly writeState: (state: PlateauState) => void
}

export interface PlateauState {
  readonly rate: number
  /** Best metric so far; null before the first. */
  readonly best: number | null
  /** Epochs without improvement. */
  readonly bad: number
  /** Epochs that still do not count after the last fall. */
  readonly resting: number
}

export interface Span {
  /** The rate that the user chose: the highest of the run. */
  readonly peak: number
  /** All steps of the run. */
  readonly steps: number
  /** Of the metric that a plateau is told of; lower unless given. */
  readonly better?: 'lower' | 'higher'
}

export interface ScheduleDefinition {
  readonly name: string
  readonly label: string
  readonly description: string
  /** Warm-up among them. */
  readonly settings: readonly Setting[]
  readonly create: (span: Span, settings: Settings) => Schedule
}
