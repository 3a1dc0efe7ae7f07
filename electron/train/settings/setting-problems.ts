import { availableParallelism } from 'node:os'
import type { TrainSettings } from '../../../shared/training.ts'
import { byName, classWeightings, completeSettings, losses, optimizers, schedules } from '../../engine/index.ts'
import { unweighted } from '../loop/losses.ts'
import { hasDropPath, modelOf } from './model-of-settings.ts'
import { optimizerChoice } from '../loop/session-plan.ts'
import { checkWay } from './ways.ts'

/** Each throws an Error whose message is a sentence. */
const checks: readonly ((settings: TrainSettings) => void)[] = [
  ({ model, dropPath }) => {
    if (dropPath > 0 && !hasDropPath(model)) {
      throw new Error(`${model} has no blocks that could be left out at random; set dropPath to 0.`)
    }
  },
  (settings) => {
    const { mode, stages, model } = settings
    const most = modelOf({ ...settings, dropPath: 0 }, 2).stages.length - 1
    if (mode === 'finetune' && stages > most) {
      throw new Error(
        `${model} has ${most} stages, of which not the last ${stages} can learn; 0 lets all of them learn.`,
      )
    }
  },
  (settings) =>
    completeSettings(byName(optimizers, 'optimiser', settings.optimizer), optimizerChoice(settings).settings),
  ({ schedule, scheduleSettings }) => completeSettings(byName(schedules, 'schedule', schedule), scheduleSettings),
  ({ loss, lossSettings }) => completeSettings(byName(losses, 'loss', loss), lossSettings),
  ({ augmentation, loss, mode }) => {
    if (augmentation.mix && loss !== 'crossEntropy' && mode !== 'frozen') {
      throw new Error('CutMix and MixUp need the cross-entropy loss; choose it, or switch them off.')
    }
  },
  ({ threads }) => {
    const cores = availableParallelism()
    if (threads > cores) {
      throw new Error(
        `These settings compute with ${threads} threads, and this computer has ${cores === 1 ? '1 core' : `${cores} cores`}; set threads to ${cores} at most, or to 0 for all there are.`,
      )
    }
  },
  ({ classWeights, classWeightsSettings }) => {
    if (classWeights === unweighted) return
    completeSettings(byName(classWeightings, 'class weighting', classWeights), classWeightsSettings)
  },
]

/** Why these settings cannot be used: each a sentence. @throws FleuronError invalid-input when there is no such way */
export function settingProblems(settings: TrainSettings): string[] {
  checkWay(settings)
  return checks.flatMap((check) => {
    try {
      check(settings)
      return []
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  })
}
