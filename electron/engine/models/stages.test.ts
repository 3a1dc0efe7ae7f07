import { expect, test } from 'vitest'
import { variablesOf } from './parameters.ts'
import { createModel, modelEntries } from './registry.ts'
import { lastStages, layerDecay, stageIndex } from './stages.ts'

const models = modelEntries.map(({ name, supports }) => {
  const auxiliary = supports.includes('auxiliary')
  return [name, createModel(name, { classes: 3, auxiliary })] as const
})

test.each(models)('%s: every parameter and buffer belongs to one stage, and every stage has some', (_, model) => {
  const owners = variablesOf(model).map(({ name }) =>
    model.stages.filter(({ modules }) => modules.some((module) => `${name}.`.startsWith(`${module}.`))),
  )
  expect(owners.every((own) => own.length === 1)).toBe(true)
  expect(new Set(owners.flat())).toEqual(new Set(model.stages))
  expect(model.stages.at(-1)?.modules.some((module) => `${model.config.classifier}.`.startsWith(`${module}.`))).toBe(
    true,
  )
  expect(stageIndex(model, `${model.config.firstConv}.weight`)).toBe(0)
})

test('stages as in timm: what follows the last block counts with it, the head stands alone', () => {
  const vit = createModel('vit_tiny_patch16_224', { classes: 3 })
  expect(vit.stages.map(({ name }) => name)).toEqual([
    'stem',
    ...Array.from({ length: 12 }, (_, layer) => `blocks.${layer}`),
    'head',
  ])
  expect(
    ['pos_embed', 'blocks.1.attn.qkv.bias', 'blocks.10.norm1.weight', 'norm.bias', 'head.bias'].map((name) =>
      stageIndex(vit, name),
    ),
  ).toEqual([0, 2, 11, 12, 13])
  const mobile = createModel('mobilenetv2_100', { classes: 3 })
  expect(
    ['bn1.running_mean', 'blocks.6.0.bn3.weight', 'bn2.weight', 'classifier.bias'].map((name) =>
      stageIndex(mobile, name),
    ),
  ).toEqual([0, 7, 7, 8])
  const resnet = createModel('resnet18', { classes: 3 })
  expect(resnet.stages.map(({ name }) => name)).toEqual(['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'head'])
  expect(() => stageIndex(resnet, 'blocks.0.weight')).toThrow("no stage of the model has 'blocks.0.weight'")
})

test('the last stages, and what is left of the learning rate', () => {
  const resnet = createModel('resnet18', { classes: 3 })
  const parameters = ['conv1.weight', 'layer3.0.bn1.weight', 'layer4.1.conv2.weight', 'fc.weight']
  expect(parameters.map(lastStages(resnet, 0))).toEqual([false, false, false, true])
  expect(parameters.map(lastStages(resnet, 2))).toEqual([false, true, true, true])
  expect(parameters.map(lastStages(resnet, 5))).toEqual([true, true, true, true])
  expect(parameters.map(layerDecay(resnet, 0.5))).toEqual([1 / 32, 1 / 4, 1 / 2, 1])
})
