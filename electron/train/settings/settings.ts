import type { TrainMode, TrainSettings } from '../../../shared/training.ts'
import { recipeOf } from './recipes.ts'
import { checkWay } from './ways.ts'

/**
 * Settings with which pressing Train is enough, for a collection with this many labelled photos.
 * @throws FleuronError invalid-input when this model is not trained this way; the message names the ways there are
 */
export function defaultSettings(model: string, mode: TrainMode, labelled: number): TrainSettings {
  checkWay({ model, mode })
  return recipeOf({ model, mode }, labelled).settings
}
