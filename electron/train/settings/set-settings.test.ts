import { describe, expect, it } from 'vitest'
import { FleuronError } from '../../../shared/errors.ts'
import { presetPolicy, samePolicy } from '../../../shared/policy.ts'
import { schedules } from '../../engine/index.ts'
import { setSettings, settingKeys } from './set-settings.ts'
import { defaultSettings } from './settings.ts'

const base = defaultSettings('simple_cnn', 'scratch', 1500)

function refusal(assignment: string): FleuronError {
  try {
    setSettings(base, [assignment])
  } catch (error) {
    if (error instanceof FleuronError) return error
    throw error
  }
  throw new Error(`${assignment} was taken`)
}

describe('--set key=value', () => {
  it('reads numbers, words and dotted keys, and leaves the rest as it was', () => {
    const changed = setSettings(base, [
      'epochs=7',
      'learningRate=1e-4',
      'optimizer=sgd',
      'augmentation.rotation.degrees=30',
    ])
    expect(changed).toEqual({
      ...base,
      epochs: 7,
      learningRate: 1e-4,
      optimizer: 'sgd',
      augmentation: { ...base.augmentation, rotation: { degrees: 30, probability: 1 } },
    })
  })

  it('takes the last of two values for one key', () => {
    expect(setSettings(base, ['epochs=7', 'epochs=9']).epochs).toBe(9)
  })

  it.each([
    ['epochs=0', 'epochs cannot be “0”; it takes a whole number from 1 to 10000.'],
    ['epochs=2.5', 'epochs cannot be “2.5”; it takes a whole number from 1 to 10000.'],
    ['epochs=', 'epochs cannot be “”; it takes a whole number from 1 to 10000.'],
    ['epochs=ten', 'epochs cannot be “ten”; it takes a whole number from 1 to 10000.'],
    ['learningRate=0', 'learningRate cannot be “0”; it takes a number above 0 and up to 10.'],
    ['learningRate=Infinity', 'learningRate cannot be “Infinity”; it takes a number above 0 and up to 10.'],
    ['schedule=lion', `schedule cannot be “lion”; it takes one of ${schedules.map(({ name }) => name).join(', ')}.`],
    [
      'optimizer.momentum=0.9',
      'The optimizer “adamw” has no setting “momentum”; there are optimizer.beta1, optimizer.beta2, optimizer.epsilon.',
    ],
    ['optimizer.beta1=2', 'optimizer.beta1 cannot be “2”; it takes a number from 0 to 0.9999.'],
    ['freezeBatchNorm=maybe', 'freezeBatchNorm cannot be “maybe”; it takes true or false.'],
    [
      'augmentation.horizontalFlip.probability=2',
      'augmentation.horizontalFlip.probability cannot be “2”; it takes a number from 0 to 1.',
    ],
    ['augmentation=3', 'augmentation cannot be “3”; it takes one of none, light, standard, strong, field.'],
    ['augmentation.rotation=10', 'augmentation.rotation cannot be “10”; it takes one of on, off.'],
  ])('names key and range for %s', (assignment, message) => {
    const error = refusal(assignment)
    expect(error.code).toBe('invalid-input')
    expect(error.message).toBe(message)
  })

  it('chooses from the registries; what the one before had of its own is gone', () => {
    const sgd = setSettings(base, ['optimizer=sgd', 'optimizer.momentum=0.8', 'optimizer.nesterov=1'])
    expect(sgd).toMatchObject({ optimizer: 'sgd', optimizerSettings: { momentum: 0.8, nesterov: 1 } })
    expect(setSettings(sgd, ['optimizer=adam'])).toMatchObject({ optimizer: 'adam', optimizerSettings: {} })
    expect(
      setSettings(base, ['classWeights=effectiveNumber', 'classWeights.beta=0.9', 'freezeBatchNorm=true']),
    ).toMatchObject({
      classWeights: 'effectiveNumber',
      classWeightsSettings: { beta: 0.9 },
      freezeBatchNorm: true,
    })
  })

  it('chooses a policy by its name and switches transforms', () => {
    expect(setSettings(base, ['augmentation=strong']).augmentation).toEqual(presetPolicy('strong'))
    const changed = setSettings(base, [
      'augmentation=none',
      'augmentation.greyscale=on',
      'augmentation.blur.sigma=0.01',
    ])
    expect(changed.augmentation).toEqual({
      version: 1,
      greyscale: { probability: 0.1 },
      blur: { sigma: 0.01, probability: 0.2 },
    })
    expect(
      samePolicy(
        setSettings(changed, ['augmentation.blur=off', 'augmentation.greyscale=off']).augmentation,
        presetPolicy('none'),
      ),
    ).toBe(true)
  })

  it.each(['epoch=3', 'model=resnet18', '__proto__=1', 'constructor.name=x'])(
    'names the keys there are for %s',
    (assignment) => {
      const error = refusal(assignment)
      expect(error.code).toBe('invalid-input')
      for (const key of settingKeys) if (!key.includes('.')) expect(error.message).toContain(key)
    },
  )

  it.each(['augmentation.noise=1', 'augmentation.blur.radius=1', 'augmentation.version=2'])(
    'names the keys of the policy for %s',
    (assignment) => {
      const { message } = refusal(assignment)
      for (const key of settingKeys) if (key.includes('.')) expect(message).toContain(key)
    },
  )

  it.each(['epochs', '=3', ''])('says how to write a setting for %j', (assignment) => {
    expect(refusal(assignment).message).toContain('write key=value')
  })
})
