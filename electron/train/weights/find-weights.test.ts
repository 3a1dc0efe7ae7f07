import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findWeights, requireWeights, type WeightPlaces } from './find-weights.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weights-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const models = ['vit', 'cnn']

function put(...parts: string[]): string {
  const path = join(root, ...parts)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, '')
  return path
}
const places = (changed: Partial<WeightPlaces> = {}): WeightPlaces => ({
  environment: undefined,
  setting: null,
  home: join(root, 'home'),
  ...changed,
})

describe('finding weights', () => {
  it('looks at the environment first, then at the setting, then among the downloads', () => {
    const downloaded = put('home', 'weights', 'vit.safetensors')
    expect(findWeights('vit', models, places())).toBe(downloaded)
    const set = put('set', 'vit.safetensors')
    expect(findWeights('vit', models, places({ setting: join(root, 'set') }))).toBe(set)
    const named = put('mine.safetensors')
    expect(findWeights('vit', models, places({ setting: set, environment: named }))).toBe(named)
  })

  it('passes over places that are not there or lack this model', () => {
    const downloaded = put('home', 'weights', 'vit.safetensors')
    const other = put('cnn.safetensors')
    expect(findWeights('vit', models, places({ environment: join(root, 'gone'), setting: other }))).toBe(downloaded)
    expect(findWeights('vit', models, places({ environment: '', setting: join(root, 'home') }))).toBe(downloaded)
    expect(findWeights('cnn', models, places())).toBeNull()
  })

  it('says where weights may be put when there are none', () => {
    expect(() => requireWeights('vit', models, places({ environment: join(root, 'gone') }))).toThrow(
      expect.objectContaining({
        code: 'not-ready',
        message: expect.stringContaining('FLEURON_WEIGHTS'),
        details: expect.stringContaining(join(root, 'gone')),
      }),
    )
  })
})
