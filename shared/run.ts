/** What is known of the runs of a project beside how they go: figures for a table, what reproduces them, comparisons. */
import type { Split } from './project.ts'
import type { RunAnnotations, RunOrigin } from './run-origin.ts'
import type { EpochMetrics, RunRecord, RunSummary } from './training.ts'

/** A row of the table of runs. Figures are those of the best epoch. */
export interface RunOverview extends RunSummary, RunAnnotations {
  /** As they were given: runs of older versions may lack what was added since. */
  settings: Readonly<Record<string, unknown>>
  photos: Record<Split, number>
  /** Epochs that are done. */
  epochs: number
  /** Metrics of the best epoch. */
  best: EpochMetrics | null
  /** Share of the test photos called by their right name; null without a model or test photos. */
  testAccuracy: number | null
  origin: RunOrigin | null
}

export interface RunArtefact {
  /** Relative to the run's folder, forward slashes. */
  path: string
  bytes: number
}

/** All there is to one run. */
export interface RunDetails {
  record: RunRecord
  artefacts: RunArtefact[]
  /** Photos whose label was changed, cleared or excluded since it was trained. */
  corrected: Record<Split, number>
}

/** What one of two runs called a photo. */
export interface Call {
  classId: string
  /** Calibrated probability of that class. */
  confidence: number
}

/** A photo that one of two runs called by its right name, and the other did not. */
export interface FlippedPhoto {
  id: string
  name: string
  /** By today's label. */
  trueClass: string
  first: Call
  second: Call
}

/** Two runs on the photos of one split that both were evaluated on, by today's labels. */
export interface RunComparison {
  first: string
  second: string
  split: Split
  /** Classes of both runs, for names of such as the project no longer has. */
  classes: { id: string; name: string }[]
  photos: number
  /** Photos of both runs that do not count: excluded, without a class, or of a class that one of the two does not know. */
  leftOut: number
  /** Photos counted whose label has changed since one of the runs was trained. */
  relabelled: number
  bothRight: number
  bothWrong: number
  /** Surest mistakes first. */
  onlyFirstRight: FlippedPhoto[]
  onlySecondRight: FlippedPhoto[]
  accuracy: { first: number; second: number }
  /** Accuracy of the first minus that of the second, with its 95 % interval by the paired bootstrap. */
  difference: number
  interval: [number, number]
  /** McNemar's exact test, two-sided. */
  p: number
  /** The result in words. */
  sentence: string
}
