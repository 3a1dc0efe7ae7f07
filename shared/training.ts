import { z } from 'zod'
import type { Split } from './project.ts'
import type { ErrorValue } from './errors.ts'
import { policy } from './policy.ts'
import type { RunAnnotations, RunOrigin } from './run.ts'

export const trainModes = ['scratch', 'frozen'] as const
export type TrainMode = (typeof trainModes)[number]

/** Everything that decides a run, together with the labels. */
export const trainSettings = z.object({
  model: z.string().min(1),
  mode: z.enum(trainModes),
  /** Side of the square input, pixels. */
  imageSize: z.int().min(32).max(640),
  epochs: z.int().min(1).max(10_000),
  batchSize: z.int().min(2).max(1024),
  optimizer: z.enum(['adamw', 'sgd']),
  /** Highest rate of the schedule. */
  learningRate: z.number().positive().max(10),
  weightDecay: z.number().min(0).max(1),
  schedule: z.enum(['cosine', 'onecycle', 'constant']),
  /** Epochs of linear warm-up before the cosine. */
  warmupEpochs: z.number().min(0).max(1000),
  labelSmoothing: z.number().min(0).max(0.5),
  dropout: z.number().min(0).max(0.9),
  /** Early stopping: epochs without a lower validation loss; 0 trains to the end. */
  patience: z.int().min(0).max(10_000),
  augmentation: policy,
  /** Frozen backbone: augmented views of each training photo beside the plain one and its mirror. */
  extraViews: z.int().min(0).max(32),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
})
export type TrainSettings = z.infer<typeof trainSettings>

/** One card of the Train screen. */
export interface ModelOption {
  model: string
  mode: TrainMode
  /** E.g. "ViT-Tiny". */
  title: string
  /** E.g. "frozen backbone". */
  subtitle: string
  description: string
  parameters: number
  /** Size of the finished model, bytes. */
  modelBytes: number
  weights: 'not-needed' | 'at-hand' | 'download'
  /** When they have to be fetched: where from, how large, under which licence. */
  download: { source: string; bytes: number; licence: string } | null
  recommended: boolean
  /** Best validation accuracy reached in this project, or null. */
  bestAccuracy: number | null
  defaults: TrainSettings
}

/** What pressing Train would do, known before it is pressed. */
export interface TrainPlan {
  photos: Record<Split, number>
  /** Estimated from a measurement on this computer; null when nothing was measured yet. */
  seconds: number | null
  phases: { name: string; seconds: number | null }[]
  /** The learning rate from the first step to the last at 97 evenly spaced moments, by the schedule that trains: for drawing. */
  rates: number[]
  /** Labelled photos cannot be used while these stand: each a sentence with the remedy. */
  problems: string[]
  /** Worth knowing: each a sentence. */
  warnings: string[]
}

export interface EpochMetrics {
  /** From 1. */
  epoch: number
  /** Mean over the photos of the epoch, as the model saw them (augmented). */
  trainLoss: number
  trainAccuracy: number
  validationLoss: number
  validationAccuracy: number
  learningRate: number
  seconds: number
  imagesPerSecond: number
}

export const runStates = ['running', 'finished', 'stopped', 'cancelled', 'failed'] as const
export type RunState = (typeof runStates)[number]

export interface RunSummary {
  id: string
  /** Counts from 1 within the project. */
  number: number
  model: string
  mode: TrainMode
  state: RunState
  /** ISO 8601. */
  startedAt: string
  seconds: number | null
  bestEpoch: number | null
  validationAccuracy: number | null
  validationLoss: number | null
  /** Set when a model folder was written: the run can be reviewed and used. */
  hasModel: boolean
  /** Put away: out of the lists, and nothing is lost. */
  archived: boolean
  error: ErrorValue | null
  /** The study that it is part of; null: it stands alone. */
  study: { id: string; name: string } | null
}

export interface RunRecord extends RunSummary, RunAnnotations {
  settings: TrainSettings
  /** Null until its photos were read, and for runs of older versions. */
  origin: RunOrigin | null
  /** What was worth knowing when it began: each a sentence. */
  warnings: string[]
  /** Null without a model or test photos. */
  testAccuracy: number | null
  classes: { id: string; name: string }[]
  photos: Record<Split, number>
  history: EpochMetrics[]
  /** Folder of the trained model. */
  modelDirectory: string | null
}

export interface TrainProgress {
  run: string
  phase: 'preparing' | 'features' | 'training' | 'testing' | 'saving'
  /** What is going on, a short phrase. */
  message: string
  epoch: number
  epochs: number
  batch: number
  batches: number
  imagesPerSecond: number | null
  etaSeconds: number | null
  /** Loss of the latest batch. */
  loss: number | null
  /** Set when an epoch has just ended. */
  completed: EpochMetrics | null
  bestEpoch: number | null
}

/** One row of the confusion matrix's company. */
export interface ClassReport {
  id: string
  name: string
  /** Null, as recall and F1 are, where no photo has this class: there was nothing to find. */
  precision: number | null
  recall: number | null
  f1: number | null
  support: number
}

export interface Evaluation {
  run: string
  split: Split
  photos: number
  correct: number
  accuracy: number
  /** Wilson score interval, 95 %. */
  interval: [number, number]
  loss: number
  classes: { id: string; name: string }[]
  /** confusion[true][predicted], by the labels of the time of training. */
  confusion: number[][]
  perClass: ClassReport[]
}

export interface ReviewPhoto {
  id: string
  name: string
  /** Label at the time of training and now (null: cleared). */
  trueClass: string
  currentClass: string | null
  excluded: boolean
  /** The user has looked at it and found its class right. */
  foundRight: boolean
  predictedClass: string
  /** Calibrated probability of the predicted class. */
  confidence: number
}

/** A label changed since the run was trained. */
export interface Correction {
  photo: string
  name: string
  from: string
  /** Null: cleared. */
  to: string | null
  excluded: boolean
}
