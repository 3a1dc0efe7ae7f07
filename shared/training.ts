import { z } from 'zod'
import type { Split } from './project.ts'
import type { EpochDetail } from './epoch-detail.ts'
import type { ErrorValue } from './errors.ts'
import { policy } from './policy.ts'
import type { RunAnnotations, RunOrigin } from './run-origin.ts'
import type { Setting } from './setting.ts'

/** From random values; every layer or the last stages of pretrained weights; the classifier alone on features of theirs. */
export const trainModes = ['scratch', 'finetune', 'frozen'] as const
export type TrainMode = (typeof trainModes)[number]

/** What of the validation photos decides which epoch is the best, and when to stop. */
export const monitors = ['loss', 'accuracy', 'macroF1'] as const
export type Monitor = (typeof monitors)[number]

const ownSettings = z.record(z.string().min(1).max(64), z.number())

/** Everything that decides a run, together with the labels. */
export const trainSettings = z.object({
  model: z.string().min(1),
  mode: z.enum(trainModes),
  /** Fine-tuning: how many of the last stages learn beside the classifier; 0: all of them. */
  stages: z.int().min(0).max(64),
  /** Side of the square input, pixels. */
  imageSize: z.int().min(32).max(640),
  epochs: z.int().min(1).max(10_000),
  /** Minutes that training may take, which the number of epochs then follows; 0: the epochs count. */
  timeBudget: z.number().min(0).max(10_080),
  /** Photos of one pass through the network. */
  batchSize: z.int().min(2).max(1024),
  /** Batches whose mean gradient makes one step. */
  accumulation: z.int().min(1).max(256),
  /** Names in the registries of the engine (training.choices), with the settings that differ from their defaults. */
  optimizer: z.string().min(1).max(64),
  optimizerSettings: ownSettings,
  /** Highest rate of the schedule. */
  learningRate: z.number().positive().max(10),
  /** Each stage learns at this share of the rate of the one above it; 1: all alike. Clark et al. 2020. */
  layerDecay: z.number().min(0.1).max(1),
  weightDecay: z.number().min(0).max(1),
  schedule: z.string().min(1).max(64),
  scheduleSettings: ownSettings,
  /** Epochs during which the rate rises in a line before the schedule begins. */
  warmupEpochs: z.number().min(0).max(1000),
  loss: z.string().min(1).max(64),
  lossSettings: ownSettings,
  labelSmoothing: z.number().min(0).max(0.5),
  /** How photos of rare classes count more. */
  classWeights: z.string().min(1).max(64),
  classWeightsSettings: ownSettings,
  /** Largest norm of the gradient over all parameters; 0: it is not clipped. */
  clipNorm: z.number().min(0).max(1000),
  /** Share that the running average of the weights keeps at each step; 0: no average is kept. */
  ema: z.number().min(0).max(0.99999),
  dropout: z.number().min(0).max(0.9),
  /** Stochastic depth: probability of leaving out the last block, rising in a line from 0. Huang et al. 2016. */
  dropPath: z.number().min(0).max(0.9),
  /** Batch norms keep their pretrained statistics. */
  freezeBatchNorm: z.boolean(),
  /** Early stopping: epochs in a row that may pass without improvement; 0 trains to the end. */
  patience: z.int().min(0).max(10_000),
  monitor: z.enum(monitors),
  /** Smallest improvement of the watched metric that renews the patience. */
  minimumChange: z.number().min(0).max(1),
  augmentation: policy,
  /** Frozen backbone: augmented views of each training photo beside the plain one and its mirror. */
  extraViews: z.int().min(0).max(32),
  /** Threads that compute, within an operation; 0: one for each core. Part of what decides the bits. */
  threads: z.int().min(0).max(256),
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
  /** `file`: they are published nowhere, and a file or folder of the user's has to be named. */
  weights: 'not-needed' | 'at-hand' | 'download' | 'file'
  /** When they have to be fetched: where from, how large, under which licence. */
  download: { source: string; bytes: number; licence: string } | null
  recommended: boolean
  /** Shown without being asked for; the others are a choice away. */
  featured: boolean
  /** Best validation accuracy reached in this project, or null. */
  bestAccuracy: number | null
  defaults: TrainSettings
  /** Why a default is what it is: a sentence by the name of the setting. */
  reasons: Partial<Record<keyof TrainSettings, string>>
}

/** Whether training can begin without fetching or naming weights. */
export const isAtHand = ({ weights }: Pick<ModelOption, 'weights'>): boolean =>
  weights === 'not-needed' || weights === 'at-hand'

/** An entry of a registry: what a form offers. */
export interface TrainingChoice {
  name: string
  label: string
  description: string
  /** Its own, beside those that all entries share. */
  settings: Setting[]
}

/** What there is to choose from, by the setting that names it. */
export type TrainingChoices = Record<'optimizer' | 'schedule' | 'loss' | 'classWeights' | 'monitor', TrainingChoice[]>

/** A model of the registry. */
export interface ModelDescription {
  name: string
  title: string
  parameters: number
  /** Multiply-adds for one photo of the input size. */
  macs: number
  inputSize: [height: number, width: number]
  modes: TrainMode[]
  /** Blocks that layer-wise decay and fine-tuning of the last stages count. */
  stages: number
  weights: ModelOption['weights']
}

/** The loss at rising learning rates (Smith 2017), and what it suggests. */
export interface RateSearch {
  /** Smoothed as in fastai. */
  points: { rate: number; loss: number }[]
  /** Where the loss falls most steeply, and two thirds down the longest fall; null when it never fell. */
  steepest: number | null
  valley: number | null
}

/** What pressing Train would do, known before it is pressed. */
export interface TrainPlan {
  photos: Record<Split, number>
  /** Estimated from a measurement on this computer; null when nothing was measured yet. */
  seconds: number | null
  phases: { name: string; seconds: number | null }[]
  /** Epochs that will be run: fewer or more than were asked for under a time budget. */
  epochs: number
  /** Photos of one pass through the network and passes of a step, as memory allows. */
  batchSize: number
  accumulation: number
  /** About how much memory training takes, bytes. */
  memoryBytes: number
  /** Of this computer: the most threads that training may take. */
  cores: number
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
  /** Mean F1 over the classes seen; null in runs of older versions. */
  trainMacroF1: number | null
  validationLoss: number
  validationAccuracy: number
  validationMacroF1: number | null
  /** Of the last step. */
  learningRate: number
  /** Mean over the steps, before clipping; null in runs of older versions. */
  gradientNorm: number | null
  /** Shares of the time spent on training photos in which the network waited for them, and in which it computed; null in runs of older versions. */
  inputShare: number | null
  computeShare: number | null
  seconds: number
  imagesPerSecond: number
}

/** Loss and learning rate of evenly spaced steps of the optimiser, 2,000 at most of a run: lists of one length. */
export interface StepSeries {
  stepsPerEpoch: number
  /** Which steps of the run they are, from 1. */
  steps: number[]
  /** Mean over the photos of the step, as the model saw them. */
  losses: number[]
  learningRates: number[]
}

export const runStates = ['running', 'paused', 'interrupted', 'finished', 'stopped', 'cancelled', 'failed'] as const
export type RunState = (typeof runStates)[number]

/** Runs that go on where they were: those the user paused, and those that were cut off. */
export const isResumable = ({ state }: { state: RunState }): boolean => state === 'paused' || state === 'interrupted'

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
  /** What is worth knowing of it: each a sentence. */
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
  /** Set when an epoch has just ended, with what is known of its classes. */
  completed: EpochMetrics | null
  detail: EpochDetail | null
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
