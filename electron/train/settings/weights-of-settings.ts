import type { TrainSettings } from '../../../shared/training.ts'
import { requireWeights, type WeightPlaces } from '../weights/find-weights.ts'
import { pretrainedModels } from './ways.ts'

/** The file of pretrained weights that training begins with; null from scratch. @throws FleuronError not-ready */
export const weightsOf = ({ mode, model }: TrainSettings, places: WeightPlaces): string | null =>
  mode === 'scratch' ? null : requireWeights(model, pretrainedModels, places)
