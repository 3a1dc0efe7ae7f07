import type { TrainSettings } from '../../../shared/training.ts'
import { createModel, modelEntry, type Model } from '../../engine/index.ts'

/** Whether blocks of this model can be left out while it trains. */
export const hasDropPath = (model: string): boolean => modelEntry(model).supports.includes('dropPath')

/** The model that the settings describe. @throws Error when it cannot see photos of that size; the message is a sentence */
export function modelOf(settings: TrainSettings, classes: number): Model {
  const { imageSize, dropout, dropPath, mode, augmentation } = settings
  const model = createModel(settings.model, {
    classes,
    inputSize: [imageSize, imageSize],
    dropout,
    ...(dropPath > 0 ? { dropPath } : {}),
  })
  // Pretrained weights know pixels as they were normalised for them.
  if (mode !== 'scratch' || augmentation.normalisation === undefined) return model
  const { mean, deviation } = augmentation.normalisation
  const statistics = { mean: [mean, mean, mean], std: [deviation, deviation, deviation] } as const
  return { ...model, config: { ...model.config, ...statistics } }
}
