/** Partitions of an ImageFolder into `train/` and `test/`, for cross-validation through the whole application. */
import { copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { stream } from '../electron/engine/index.ts'

/** Which photos are the test photos: part `part` of `parts` equal ones, in an order drawn by the seed. */
export interface Fold {
  seed: number
  part: number
  parts: number
}

/** `count` folds that together test every photo once. */
export const crossValidation = (count: number): Fold[] =>
  Array.from({ length: count }, (_, part) => ({ seed: 1, part, parts: count }))

/** `count` independent draws of one photo in `parts` for the test. */
export const seededSplits = (count: number, parts: number): Fold[] =>
  Array.from({ length: count }, (_, index) => ({ seed: index + 1, part: 0, parts }))

/** Lays `from/<class>/…` out as `to/train/<class>/…` and `to/test/<class>/…`, stratified by class. */
export function layOut(from: string, to: string, { seed, part, parts }: Fold): void {
  for (const className of readdirSync(from).sort()) {
    const names = readdirSync(join(from, className)).sort()
    const order = stream({ seed, epoch: 0, purpose: `fold of ${className}` }).permutation(names.length)
    names.forEach((_, place) => {
      const name = names[order[place] as number] as string
      const folder = join(to, place % parts === part ? 'test' : 'train', className)
      mkdirSync(folder, { recursive: true })
      linkOrCopy(join(from, className, name), join(folder, name))
    })
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    copyFileSync(from, to)
  }
}
