import { testTimeOf } from '../../../shared/policy.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { mixedInTraining } from '../../augment/mixing.ts'
import {
  byName,
  layerDecay,
  lastStages,
  normalisePhotos,
  optimizers,
  poolViews,
  type Averaging,
  type Choice,
  type Model,
  type Tensor,
  type TrainingPlan,
} from '../../engine/index.ts'
import { lossOf, withShared } from './losses.ts'
import type { StepShape } from './step-shape.ts'

export const optimizerChoice = ({ optimizer, optimizerSettings, weightDecay }: TrainSettings): Choice => ({
  name: optimizer,
  settings: withShared(byName(optimizers, 'optimiser', optimizer), optimizerSettings, { weightDecay }),
})

/** With a short memory at first, or a run of a few hundred steps would end with an average of its beginning. */
const averagingOf = ({ ema }: TrainSettings): Averaging | null => (ema === 0 ? null : { decay: ema, warmup: true })

type Common = Pick<TrainingPlan, 'classes' | 'batchSize' | 'accumulation' | 'targets' | 'loss' | 'optimizer'> &
  Partial<TrainingPlan>

/** What the settings say of any session. `counts` are the training samples of every class. */
export function sessionPlan(settings: TrainSettings, shape: StepShape, counts: readonly number[]): Common {
  const averaging = averagingOf(settings)
  return {
    classes: counts.length,
    batchSize: shape.batchSize,
    accumulation: shape.accumulation,
    targets: 'labels',
    loss: lossOf(settings, counts),
    optimizer: optimizerChoice(settings),
    ...(settings.clipNorm === 0 ? {} : { clipNorm: settings.clipNorm }),
    ...(averaging === null ? {} : { averaging }),
  }
}

/** And of one that trains the layers of a network on photos. */
export function networkPlan(
  settings: TrainSettings,
  model: Model,
  shape: StepShape,
  counts: readonly number[],
): Common & Pick<TrainingPlan, 'model' | 'inputShape'> {
  const { imageSize, stages, mode, augmentation } = settings
  const mixes = augmentation.mix !== undefined
  const judged = testTimeOf(augmentation)
  return {
    ...sessionPlan(settings, shape, counts),
    targets: mixes ? 'shares' : 'labels',
    model: (pass, batch: Tensor) => {
      const photos = normalisePhotos(mixes ? mixedInTraining(pass, batch) : batch, model.config)
      return model.classify(pass, poolViews(pass, model, photos, pass.training ? 'none' : judged))
    },
    inputShape: [3, imageSize, imageSize],
    ...(settings.layerDecay === 1 ? {} : { rateScale: layerDecay(model, settings.layerDecay) }),
    ...(settings.freezeBatchNorm ? { frozenStatistics: true } : {}),
    ...(mode === 'finetune' && stages > 0 ? { trainable: lastStages(model, stages) } : {}),
  }
}
