import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFeatureShelf, type FeatureIdentity } from './feature-shelf.ts'

const identity: FeatureIdentity = { model: 'vit', weights: 'abc', preprocessing: '224 bicubic' }
const vector = (start: number): Float32Array => Float32Array.from({ length: 5 }, (_, i) => start + i / 7)

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'features-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const theFile = (): string => join(directory, readdirSync(directory)[0] as string)

function fill(): void {
  using shelf = openFeatureShelf(directory, identity, 5)
  shelf.put('photo 1', 'plain', vector(1))
  shelf.put('photo 1', 'mirror', vector(2))
  shelf.put('photo 2', 'plain', vector(3))
}

describe('the feature shelf', () => {
  it('gives back what was put, also when opened again', () => {
    fill()
    using shelf = openFeatureShelf(directory, identity, 5)
    expect(shelf.count).toBe(3)
    expect(shelf.get('photo 1', 'plain')).toEqual(vector(1))
    expect(shelf.get('photo 1', 'mirror')).toEqual(vector(2))
    expect(shelf.get('photo 2', 'plain')).toEqual(vector(3))
    expect(shelf.get('photo 2', 'mirror')).toBeUndefined()
  })

  it('keeps no hold on the array that was put', () => {
    using shelf = openFeatureShelf(directory, identity, 5)
    const mine = vector(1)
    shelf.put('photo', 'plain', mine)
    mine.fill(0)
    expect(shelf.get('photo', 'plain')).toEqual(vector(1))
  })

  it.each([
    { ...identity, model: 'other' },
    { ...identity, weights: 'abd' },
    { ...identity, preprocessing: '96 bicubic' },
  ])('knows nothing of another model, other weights or another preprocessing', (other) => {
    fill()
    using shelf = openFeatureShelf(directory, other, 5)
    expect(shelf.count).toBe(0)
  })

  it('drops a record that was not written whole, and goes on from there', () => {
    fill()
    truncateSync(theFile(), readFileSync(theFile()).length - 3)
    {
      using shelf = openFeatureShelf(directory, identity, 5)
      expect(shelf.count).toBe(2)
      shelf.put('photo 3', 'plain', vector(4))
    }
    using again = openFeatureShelf(directory, identity, 5)
    expect(again.count).toBe(3)
    expect(again.get('photo 3', 'plain')).toEqual(vector(4))
  })

  it('trusts nothing from a damaged record on', () => {
    fill()
    const bytes = readFileSync(theFile())
    bytes[bytes.length - 60] = (bytes[bytes.length - 60] as number) ^ 1
    writeFileSync(theFile(), bytes)
    using shelf = openFeatureShelf(directory, identity, 5)
    expect(shelf.get('photo 1', 'plain')).toEqual(vector(1))
    expect(shelf.count).toBeLessThan(3)
  })

  it('begins anew when the file is something else', () => {
    fill()
    writeFileSync(theFile(), 'something else altogether, and long enough to hold a record')
    {
      using shelf = openFeatureShelf(directory, identity, 5)
      expect(shelf.count).toBe(0)
      shelf.put('photo', 'plain', vector(1))
    }
    using again = openFeatureShelf(directory, identity, 5)
    expect(again.get('photo', 'plain')).toEqual(vector(1))
  })
})
