import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSpeeds } from './speeds.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'speeds-'))
})
afterEach(() => rmSync(home, { recursive: true }))

describe('measured speeds', () => {
  it('knows nothing at first, and afterwards what was measured, across restarts', async () => {
    expect(openSpeeds(home).get('train', 'simple_cnn', 96)).toBeNull()
    await openSpeeds(home).record({ 'train simple_cnn 96': 412.5 })
    await openSpeeds(home).record({ 'features vit 224': 90, 'head vit 0': 5000 })
    const speeds = openSpeeds(home)
    expect(speeds.get('train', 'simple_cnn', 96)).toBe(412.5)
    expect(speeds.get('features', 'vit', 224)).toBe(90)
    expect(speeds.get('head', 'vit', 0)).toBe(5000)
    expect(speeds.get('view', 'simple_cnn', 96)).toBeNull()
  })

  it('judges another size by its area', async () => {
    await openSpeeds(home).record({ 'train simple_cnn 96': 400 })
    expect(openSpeeds(home).get('train', 'simple_cnn', 192)).toBe(100)
    expect(openSpeeds(home).get('train', 'simple_cnn', 48)).toBe(1600)
  })

  it('are told apart by device and by threads; finished models run on the processor', async () => {
    const speeds = openSpeeds(home)
    const all = { threads: 0 }
    await speeds.record({ 'train x 1': 8, 'view x 1': 80 })
    await speeds.on('webgpu', all).record({ 'train x 1': 50 })
    await speeds.on('cpu', { threads: 1 }).record({ 'train x 1': 5, 'view x 1': 40 })
    const train = (device: 'cpu' | 'webgpu', threads: number) => speeds.on(device, { threads }).get('train', 'x', 1)
    expect([train('cpu', 0), train('webgpu', 0), train('cpu', 1), train('cpu', 2)]).toEqual([8, 50, 5, null])
    expect(speeds.on('webgpu', all).get('view', 'x', 1)).toBe(80)
    expect(speeds.on('webgpu', { threads: 1 }).get('view', 'x', 1)).toBe(40)
  })

  it('keeps no speed that is none', async () => {
    const speeds = openSpeeds(home)
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) await speeds.record({ 'train x 1': value })
    expect(speeds.get('train', 'x', 1)).toBeNull()
  })

  it('does not believe the speeds of another computer, nor a damaged file', async () => {
    await openSpeeds(home).record({ 'train x 1': 5 })
    const path = join(home, 'speeds.json')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), computer: 'another' }))
    expect(openSpeeds(home).get('train', 'x', 1)).toBeNull()
    writeFileSync(path, '{')
    expect(openSpeeds(home).get('train', 'x', 1)).toBeNull()
    await openSpeeds(home).record({ 'train x 1': 6 })
    expect(openSpeeds(home).get('train', 'x', 1)).toBe(6)
  })
})
