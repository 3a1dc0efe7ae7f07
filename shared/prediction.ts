/** What a model says of a photograph it has never seen. */

export const decisions = ['known', 'unsure', 'unknown'] as const
export type Decision = (typeof decisions)[number]

export interface Prediction {
  /** Most probable class, whatever the decision. */
  class: string
  /** Calibrated probability of that class among the known ones. */
  probability: number
  decision: Decision
  /** The rejector's score: higher is more like the training photos. */
  known: number
  top: { class: string; probability: number }[]
  /** Said as a naturalist would: "We are sure this is a daisy." */
  sentence: string
}

export interface FieldPhoto extends Prediction {
  index: number
  name: string
  /** Relative to the folder that was classified. */
  path: string
}

/** One folder, or one set of dropped photos, classified by one model. */
export interface FieldSession {
  id: string
  run: string
  title: string
  state: 'running' | 'finished' | 'cancelled' | 'failed'
  photos: number
  done: number
  counts: Record<Decision, number>
  unreadable: { path: string; reason: string }[]
  seconds: number
  /** What was measured when the rejector was made, e.g. "Kept 95 % of 225 validation photos." */
  rejector: string
}

/** A trained model that can be used. */
export interface ModelInfo {
  run: string
  number: number
  title: string
  directory: string
  classes: string[]
  validationAccuracy: number | null
  trainedAt: string
}
