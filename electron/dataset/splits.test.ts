import { expect, test } from 'vitest'
import { splits as allSplits, type Split } from '../../shared/project.ts'
import { assignSplits, planSplits, type SplitPhoto } from './splits.ts'

const random = (bound: number): number => Math.floor(Math.random() * bound)

/** Photos of some classes; every now and then one is a copy of another, of its class or not. */
function photosOf(counts: readonly number[], copies = 0): SplitPhoto[] {
  const photos = counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, index): SplitPhoto => {
      const id = `${label}-${index}-${Math.random()}`
      return { id, hash: id, label, split: null }
    }),
  )
  for (const photo of photos) {
    if (Math.random() < copies) photo.hash = photos[random(photos.length)]?.hash ?? photo.hash
  }
  return photos
}

const apply = (photos: readonly SplitPhoto[], changed: ReadonlyMap<string, Split>): SplitPhoto[] =>
  photos.map((photo) => ({ ...photo, split: changed.get(photo.id) ?? photo.split }))

const count = (photos: readonly SplitPhoto[], split: Split, label?: number): number =>
  photos.filter((photo) => photo.split === split && (label === undefined || photo.label === label)).length

test('70 / 15 / 15 in every class', () => {
  const photos = photosOf([300, 100, 20])
  const given = apply(photos, assignSplits(photos, 7))
  for (const [label, expected] of [
    [210, 45, 45],
    [70, 15, 15],
    [14, 3, 3],
  ].entries()) {
    expect(allSplits.map((split) => count(given, split, label))).toEqual(expected)
  }
})

test('small classes: what they get', () => {
  const table = Array.from({ length: 8 }, (_, size) =>
    Object.values(planSplits({ train: 0, validation: 0, test: 0 }, size)),
  )
  expect(table).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [1, 1, 0],
    [2, 1, 0],
    [3, 1, 0],
    [3, 1, 1],
    [4, 1, 1],
    [5, 1, 1],
  ])
})

function splitsByContent(photos: readonly SplitPhoto[], seed: number): Map<string, Split | undefined> {
  const changed = assignSplits(photos, seed)
  return new Map(photos.map(({ id, hash }) => [hash, changed.get(id)]))
}

test('the draw depends on the seed and the content, not on order or names', () => {
  const photos = photosOf([40, 40])
  const expected = splitsByContent(photos, 1)
  const renamed = photos.map((photo) => ({ ...photo, id: `other ${photo.id}` })).toReversed()
  expect(new Map([...splitsByContent(renamed, 1)].toSorted())).toEqual(new Map([...expected].toSorted()))
  expect(splitsByContent(photos, 2)).not.toEqual(expected)
})

test('invariants hold for any classes, copies and seeds, also as photos come in', () => {
  for (let round = 0; round < 100; round++) {
    const seed = random(2 ** 31)
    const counts = Array.from({ length: 1 + random(6) }, () => 1 + random(40))
    const copies = round % 3 === 0 ? 0 : 0.3
    let photos = photosOf(counts, copies)
    for (let step = 0; step < 3; step++) {
      const before = photos
      photos = apply(photos, assignSplits(photos, seed))
      for (const photo of photos) expect(photo.split).not.toBeNull()
      // Byte-identical photos are together.
      for (const group of Map.groupBy(photos, ({ hash }) => hash).values()) {
        expect(new Set(group.map(({ split }) => split)).size).toBe(1)
      }
      for (const [index, photo] of before.entries()) {
        const hashes = before.filter(({ hash }) => hash === photo.hash)
        const agreed = new Set(hashes.flatMap(({ split }) => split ?? [])).size <= 1
        // What has a place keeps it, unless a byte-identical photo had another.
        if (photo.split !== null && agreed) expect(photos[index]?.split).toBe(photo.split)
      }
      for (const label of counts.keys()) {
        // Groups that count for this class: a photo with copies in several classes counts once.
        const groups = [...Map.groupBy(photos, ({ hash }) => hash).values()].filter(
          (group) => Math.min(...group.map((photo) => photo.label)) === label,
        )
        const found = (split: Split): number => groups.filter(([photo]) => photo?.split === split).length
        if (groups.length >= 3 && step === 0) {
          expect(found('train')).toBeGreaterThan(0)
          expect(found('validation')).toBeGreaterThan(0)
          expect(Math.abs(found('train') - 0.7 * groups.length)).toBeLessThanOrEqual(1)
        }
      }
      photos = [
        ...photos,
        ...photosOf(
          counts.map(() => random(10)),
          copies,
        ),
      ]
    }
  }
})

test('photos that come later fill what is lacking', () => {
  const first = photosOf([10]).map((photo): SplitPhoto => ({ ...photo, split: 'train' }))
  const all = [...first, ...photosOf([10])]
  const given = apply(all, assignSplits(all, 3))
  expect(allSplits.map((split) => count(given, split))).toEqual([14, 3, 3])
})

const twin = (id: string, split: Split | null): SplitPhoto => ({ id, hash: 'same', label: 0, split })

test('a copy of a training photo never stays in a measurement', () => {
  const others = photosOf([5])
  expect(assignSplits([twin('a', 'test'), twin('b', 'train'), ...others], 0).get('a')).toBe('train')
  expect(assignSplits([twin('a', 'test'), twin('b', 'validation'), ...others], 0).get('a')).toBe('validation')
  expect(assignSplits([twin('a', 'test'), twin('b', null), ...others], 0).get('b')).toBe('test')
})

test('test photos that came with folders of their own are not added to', () => {
  const photos = [...photosOf([20]), ...photosOf([10]).map((photo): SplitPhoto => ({ ...photo, split: 'test' }))]
  const given = apply(photos, assignSplits(photos, 0, ['train', 'validation']))
  expect(count(given, 'test')).toBe(10)
  expect(count(given, 'validation')).toBeGreaterThan(0)
  expect(count(given, 'train') + count(given, 'validation')).toBe(20)
})
