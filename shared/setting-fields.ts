/** Every number of the training settings in words: what forms and help texts say of it. Ranges are in the schema. */
import type { TrainSettings } from './training.ts'

export type NumberKey = { [K in keyof TrainSettings]: TrainSettings[K] extends number ? K : never }[keyof TrainSettings]

export interface NumberField {
  label: string
  /** Said after the number. */
  unit: string
  help: string
}

export const numberFields: Readonly<Record<NumberKey, NumberField>> = {
  stages: {
    label: 'Stages that learn',
    unit: '',
    help: 'How many of the last stages of the network adapt to your photos; 0 lets all of them.',
  },
  imageSize: {
    label: 'Photo size',
    unit: 'pixels',
    help: 'Side of the square the model sees. Twice the side takes four times as long.',
  },
  epochs: { label: 'Epochs', unit: '', help: 'How often every training photo is seen, at most.' },
  timeBudget: {
    label: 'Time',
    unit: 'minutes',
    help: 'Trains for as many epochs as fit into this time; 0 trains for the epochs above.',
  },
  batchSize: { label: 'Batch', unit: 'photos', help: 'Photos per pass through the network.' },
  accumulation: {
    label: 'Batches per step',
    unit: '',
    help: 'Gathers so many batches into one step: as a larger batch, with less memory.',
  },
  learningRate: { label: 'Rate', unit: '', help: 'Highest learning rate of the schedule.' },
  layerDecay: {
    label: 'Layer decay',
    unit: '',
    help: 'Each stage learns at this share of the rate of the stage above it; 1: all alike.',
  },
  weightDecay: {
    label: 'Weight decay',
    unit: '',
    help: 'Pulls weights towards zero, so that they learn less by heart.',
  },
  warmupEpochs: { label: 'Warm-up', unit: 'epochs', help: 'The rate rises in a line before the schedule begins.' },
  labelSmoothing: {
    label: 'Label smoothing',
    unit: '',
    help: 'Share of certainty given to the other classes; helps when labels may be wrong.',
  },
  clipNorm: {
    label: 'Gradient limit',
    unit: '',
    help: 'Scales a step down when its gradient is longer than this; 0 never does.',
  },
  ema: {
    label: 'Averaging',
    unit: '',
    help: 'Keeps a running average of the weights, of which each step keeps this share; 0 keeps none.',
  },
  dropout: { label: 'Dropout', unit: '', help: 'Share of features hidden at random while training.' },
  dropPath: {
    label: 'Stochastic depth',
    unit: '',
    help: 'How often the last block of a deep network is left out while training; earlier ones less often.',
  },
  patience: {
    label: 'Patience',
    unit: 'epochs',
    help: 'Stops when so many epochs have brought no improvement; 0 trains to the end.',
  },
  minimumChange: {
    label: 'Smallest improvement',
    unit: '',
    help: 'An epoch must be better by more than this to renew the patience.',
  },
  extraViews: {
    label: 'Augmented views',
    unit: '',
    help: 'With a frozen backbone: views of each photo beside the plain one and its mirror.',
  },
  threads: {
    label: 'Threads',
    unit: '',
    help: 'Of the processor, that compute; 0 takes all cores. Fewer leave more of the computer to you. Another number rounds otherwise, so figures differ a little.',
  },
  seed: { label: 'Seed', unit: '', help: 'The same seed, photos and settings give the same model again.' },
}
