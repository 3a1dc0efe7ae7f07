/** What a model says of a photograph it has never seen. */

export const decisions = ['known', 'unsure', 'unknown'] as const
export type Decision = (typeof decisions)[number]

/** The numbers that a model computes with: its own, or bytes, which is faster and a little less exact. */
export const precisions = ['fp32', 'int8'] as const
export type Precision = (typeof precisions)[number]

/** What was measured of a model's faster form, on validation photos, on the computer that made it. */
export interface FasterModel {
  /** So many times as many photos a second. */
  speed: number
  photos: number
  /** Share of these photos that it gets right, and that the model in full precision does. */
  accuracy: number
  fullAccuracy: number
}

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
  /** What the model computed with. */
  precision: Precision
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
  /** Null where none was made. */
  faster: FasterModel | null
  trainedAt: string
}
