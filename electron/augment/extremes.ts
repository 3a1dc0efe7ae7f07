import type { Extreme } from '../../shared/augment.ts'
import type { Policy } from '../../shared/policy.ts'
import { transforms, type TransformName } from '../../shared/transforms.ts'
import { strongestChanges, type Change } from './automatic.ts'
import { endDraws } from './draws.ts'
import type { Box } from './pixels.ts'
import { drawView, randomDraws, type Draw } from './policy.ts'

/** What an extreme is made of, before it is drawn. */
export type ExtremeDraw = Omit<Extreme, 'picture'> & { readonly draw: Draw }

/** Done or not done: there is only one way of it. */
const withoutRange: readonly TransformName[] = ['horizontalFlip', 'verticalFlip', 'greyscale', 'gaussianNoise']
/** What does not act on the pixels of one photo, or is many changes in one. */
const apart: readonly TransformName[] = ['mix', 'normalisation', 'testTime', 'randAugment', 'trivialAugment']

/** Each transform of the policy alone at both ends of its range, and at last all of them at once. */
export function extremesOf(
  policy: Policy,
  photo: { width: number; height: number },
  whole: Box,
  side: number,
): ExtremeDraw[] {
  const noise = randomDraws({ seed: 1, epoch: 0, photo: 'extremes' })('gaussianNoise')
  const drawEnd = (some: Policy, end: 'low' | 'high'): Draw =>
    drawView(some, () => endDraws(end, () => noise.bits()), photo, whole, side)
  const ends = (transform: string, some: Policy, both: boolean): ExtremeDraw[] =>
    (both ? (['low', 'high'] as const) : (['high'] as const)).map((end) => {
      return { transform, end, change: null, draw: drawEnd(some, end) }
    })

  const used = transforms.map(({ name }) => name).filter((name) => policy[name] !== undefined)
  const alone = used.filter((name) => !apart.includes(name))
  const extremes = alone.flatMap((name) =>
    ends(name, { version: 1, [name]: policy[name] }, !withoutRange.includes(name)),
  )
  for (const name of ['randAugment', 'trivialAugment'] as const) {
    if (policy[name] === undefined) continue
    for (const { title, end, change } of strongestChanges(name, policy.randAugment?.magnitude ?? 0)) {
      extremes.push({ transform: name, end, change: title, draw: drawChange(change, whole) })
    }
  }
  if (alone.length < 2) return extremes
  const together = { ...policy, randAugment: undefined, trivialAugment: undefined }
  return [...extremes, ...ends('all', together, true)]
}

function drawChange(change: Change, box: Box): Draw {
  const still = { box, mirror: false, upsideDown: false, map: null, steps: [] }
  if (change === null) return still
  return 'map' in change ? { ...still, map: change.map } : { ...still, steps: [change.step] }
}
