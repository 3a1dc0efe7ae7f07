import { createHash } from 'node:crypto'
import { splits as allSplits, type Split } from '../../shared/project.ts'

export interface SplitPhoto {
  id: string
  /** Content hash; photos that share it are kept together. */
  hash: string
  /** Index of the class. */
  label: number
  /** The place it has already. */
  split: Split | null
}

const shares: Record<Split, number> = { train: 0.7, validation: 0.15, test: 0.15 }
/** Where byte-identical photos go when they had been given to different splits: never out of training into a measurement. */
const precedence: readonly Split[] = ['train', 'validation', 'test']

/** Byte-identical photos. */
interface Group {
  photos: SplitPhoto[]
  label: number
  split: Split | null
  /** Place in the draw: a function of the seed and the content alone, so neither names nor order play a part. */
  rank: string
}

/**
 * Gives every photo without a place one: stratified by class, 70 / 15 / 15, byte-identical photos together, at least one
 * for validation in a class of two and more distinct photos. What has a place keeps it, unless a byte-identical photo is
 * in training. Classes too small for a share of 15 % go without test photos.
 *
 * @param fill the splits that may be given; test photos that came with folders of their own are not added to
 * @returns the new place of the photos whose place changes
 */
export function assignSplits(
  photos: readonly SplitPhoto[],
  seed: number,
  fill: readonly Split[] = allSplits,
): Map<string, Split> {
  const groups = [...Map.groupBy(photos, ({ hash }) => hash)].map(([hash, members]) => groupOf(hash, members, seed))
  for (const members of Map.groupBy(groups, ({ label }) => label).values()) fillClass(members, fill)
  const changed = new Map<string, Split>()
  for (const { photos: members, split } of groups) {
    for (const photo of members) if (split !== null && photo.split !== split) changed.set(photo.id, split)
  }
  return changed
}

function groupOf(hash: string, photos: SplitPhoto[], seed: number): Group {
  return {
    photos,
    label: Math.min(...photos.map(({ label }) => label)),
    split: precedence.find((split) => photos.some((photo) => photo.split === split)) ?? null,
    rank: createHash('sha256').update(`${seed} ${hash}`).digest('hex'),
  }
}

function fillClass(groups: readonly Group[], fill: readonly Split[]): void {
  const have = (split: Split): number => groups.filter((group) => group.split === split).length
  const given = { train: have('train'), validation: have('validation'), test: have('test') }
  const open = groups.filter(({ split }) => split === null).sort((a, b) => (a.rank < b.rank ? -1 : 1))
  const added = planSplits(given, open.length, fill)
  let next = 0
  for (const split of fill) {
    for (const group of open.slice(next, (next += added[split]))) group.split = split
  }
}

/** Where `open` more photos of a class go when it has `given` already: each to the split that lacks most. */
export function planSplits(
  given: Readonly<Record<Split, number>>,
  open: number,
  fill: readonly Split[] = allSplits,
): Record<Split, number> {
  const wanted = targets(
    fill.reduce((sum, split) => sum + given[split], open),
    fill,
  )
  const added: Record<Split, number> = { train: 0, validation: 0, test: 0 }
  const lack = (split: Split): number => wanted[split] - given[split] - added[split]
  // The first of the largest: ties go to training.
  for (let left = open; left > 0; left--)
    added[fill.reduce((most, split) => (lack(split) > lack(most) ? split : most))]++
  return added
}

/** Whole numbers that add up to `count`, by largest remainder. */
function targets(count: number, fill: readonly Split[]): Record<Split, number> {
  const whole = fill.reduce((sum, split) => sum + shares[split], 0)
  const exact = fill.map((split) => ({ split, exact: (count * shares[split]) / whole }))
  const result: Record<Split, number> = { train: 0, validation: 0, test: 0 }
  for (const { split, exact: share } of exact) result[split] = Math.floor(share)
  const left = count - fill.reduce((sum, split) => sum + result[split], 0)
  const byRemainder = exact.sort((a, b) => (b.exact % 1) - (a.exact % 1))
  for (const { split } of byRemainder.slice(0, left)) result[split]++
  if (count >= 2 && result.validation === 0 && fill.includes('validation')) {
    result.validation = 1
    result.train--
  }
  return result
}
