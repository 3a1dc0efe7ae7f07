/** Studies: the same photos trained in several ways, each with several seeds, to see what the ways change. */
import { z } from 'zod'
import type { ErrorValue } from './errors.ts'
import { trainModes, type TrainMode } from './training.ts'

const value = z.union([z.string(), z.number(), z.boolean()])
/** Settings by their keys on the command line, e.g. `{"epochs": 20, "augmentation": "strong"}`; later ones go before earlier ones. */
export const assignments = z.record(z.string().min(1).max(200), value)
export type Assignments = z.infer<typeof assignments>

const seeds = z
  .array(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  )
  .min(1)
  .max(50)
const limits = {
  /** Runs at most; all unless given. */
  maximumRuns: z.int().min(1).max(10_000).optional(),
  /** Hours after which no further run begins; no end unless given. */
  maximumHours: z.number().positive().max(8760).optional(),
  /** Runs that have fallen behind the finished ones are stopped (the median rule, docs/studies.md). */
  stopHopeless: z.boolean().default(false),
}

export const studyKinds = ['sweep', 'augmentation', 'architecture'] as const
export type StudyKind = (typeof studyKinds)[number]

/** One way of training: its settings over the defaults of the model and the study's own. */
export const studyVariant = z.strictObject({
  name: z.string().min(1).max(200),
  model: z.string().min(1),
  mode: z.enum(trainModes),
  set: assignments.default({}),
})
export type StudyVariant = z.infer<typeof studyVariant>

/** A study written out: every variant is trained with every seed. */
export const studySpec = z.strictObject({
  name: z.string().min(1).max(120),
  kind: z.enum(studyKinds),
  variants: z.array(studyVariant).min(1).max(2000),
  seeds,
  ...limits,
})
export type StudySpec = z.infer<typeof studySpec>

/** A range to draw from: evenly, or evenly by its logarithm. */
const range = z.strictObject({
  from: z.number(),
  to: z.number(),
  scale: z.enum(['linear', 'log']).default('linear'),
})
export type SweepRange = z.infer<typeof range>

/** What `fleuron sweep --spec` reads: lists to combine, or lists and ranges to draw from. */
export const sweepSpec = z.strictObject({
  name: z.string().min(1).max(120).default('Sweep'),
  model: z.string().min(1).optional(),
  mode: z.enum(trainModes).optional(),
  set: assignments.default({}),
  vary: z.record(z.string().min(1), z.union([z.array(value).min(1).max(500), range])),
  /** Combinations to draw; without it every combination is trained. */
  samples: z.int().min(1).max(2000).optional(),
  seeds: z.union([z.int().min(1).max(50), seeds]).default(1),
  ...limits,
})
export type SweepSpec = z.infer<typeof sweepSpec>

export const studyStates = ['running', 'paused', 'finished', 'cancelled'] as const
export type StudyState = (typeof studyStates)[number]

/** One training of a study. */
export interface StudyRun {
  /** Place among the variants. */
  variant: number
  seed: number
  /** The run; null until it has begun. */
  run: string | null
  state: 'waiting' | 'running' | 'done' | 'stopped' | 'failed'
  /** Shares of right answers of the best epoch's model, on photos as they are; null until known. */
  trainAccuracy: number | null
  validationAccuracy: number | null
  testAccuracy: number | null
  /** Expected calibration error on the validation photos. */
  calibrationError: number | null
  /** That training took. */
  seconds: number | null
  /** Size of model.onnx. */
  modelBytes: number | null
  /** That model.onnx told apart, the network alone, on the computer that trained it. */
  photosPerSecond: number | null
  error: ErrorValue | null
}

/** A mean over seeds with its 95 % interval by Student's t; null with a single seed. */
export interface Spread {
  mean: number
  interval: [number, number] | null
}

export interface VariantSummary {
  name: string
  model: string
  mode: TrainMode
  /** Runs that came to a model. */
  runs: number
  train: Spread | null
  validation: Spread | null
  test: Spread | null
  /** Training minus validation accuracy: how much the model learned by heart. */
  gap: Spread | null
  calibrationError: Spread | null
  seconds: Spread | null
  photosPerSecond: Spread | null
  modelBytes: number | null
}

export interface Study {
  id: string
  /** Counts from 1 within the project. */
  number: number
  spec: StudySpec
  state: StudyState
  /** ISO 8601. */
  startedAt: string
  runs: StudyRun[]
  summary: VariantSummary[]
  /** What to choose, in words; null while nothing can be said. */
  sentence: string | null
}
