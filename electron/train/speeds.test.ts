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
    expect(openSpeeds(home).get('train simple_cnn 96')).toBeNull()
    await openSpeeds(home).record('train simple_cnn 96', 412.5)
    await openSpeeds(home).record('features vit 224', 90)
    expect(openSpeeds(home).get('train simple_cnn 96')).toBe(412.5)
    expect(openSpeeds(home).get('features vit 224')).toBe(90)
  })

  it('keeps no speed that is none', async () => {
    const speeds = openSpeeds(home)
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) await speeds.record('x', value)
    expect(speeds.get('x')).toBeNull()
  })

  it('does not believe the speeds of another computer, nor a damaged file', async () => {
    await openSpeeds(home).record('x', 5)
    const path = join(home, 'speeds.json')
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), computer: 'another' }))
    expect(openSpeeds(home).get('x')).toBeNull()
    writeFileSync(path, '{')
    expect(openSpeeds(home).get('x')).toBeNull()
    await openSpeeds(home).record('x', 6)
    expect(openSpeeds(home).get('x')).toBe(6)
  })
})
