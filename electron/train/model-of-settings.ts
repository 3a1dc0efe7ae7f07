import type { TrainSettings } from '../../shared/training.ts'
import { createModel, modelEntry, type Model } from '../engine/index.ts'

/** Whether blocks of this model can be left out while it trains. */
export const hasDropPath = (model: string): boolean => modelEntry(model).supports.includes('dropPath')

/** The model that the settings describe. @throws Error when it cannot see photos of that size; the message is a sentence */
export function modelOf({ model, imageSize, dropout, dropPath }: TrainSettings, classes: number): Model {
  return createModel(model, {
    classes,
    inputSize: [imageSize, imageSize],
    dropout,
    ...(dropPath > 0 ? { dropPath } : {}),
  })
}
