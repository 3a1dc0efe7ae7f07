import { expect, it } from 'vitest'
import { policy } from '../../../shared/policy.ts'
import { exportClassifier, initialState, preprocessingOf, readMetadata, readModel } from '../../engine/index.ts'
import { modelOf } from './model-of-settings.ts'
import { quickSettings } from '../testing.ts'

const own = policy.parse({ version: 1, normalisation: { mean: 0.25, deviation: 0.5 } })

it('a network from scratch is normalised as the policy says, and takes that along when it is exported', () => {
  const model = modelOf(quickSettings('scratch', { augmentation: own }), 2)
  expect(preprocessingOf(model)).toMatchObject({ mean: [0.25, 0.25, 0.25], std: [0.5, 0.5, 0.5] })
  const bytes = exportClassifier({ model, state: initialState(model, 1), classNames: ['a', 'b'] })
  expect(JSON.parse(readMetadata(readModel(bytes))['fleuron.preprocessing'] ?? '')).toMatchObject({
    mean: [0.25, 0.25, 0.25],
  })
})

it('without one, and with a pretrained backbone, by the statistics of its configuration', () => {
  const usual = { mean: [0.485, 0.456, 0.406] }
  expect(preprocessingOf(modelOf(quickSettings('scratch'), 2))).toMatchObject(usual)
  const frozen = quickSettings('frozen')
  const before = preprocessingOf(modelOf(frozen, 2))
  expect(preprocessingOf(modelOf({ ...frozen, augmentation: own }, 2))).toEqual(before)
})
