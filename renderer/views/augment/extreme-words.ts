/** What stands under an extreme. */
import type { Extreme } from '../../../shared/augment.ts'
import type { Policy } from '../../../shared/policy.ts'
import { transforms, type TransformName } from '../../../shared/transforms.ts'
import { settingText } from '../../policy-words.ts'

const percent = (share: number): string => settingText({ unit: '%' }, share)

/** How one end is said: [low, high]. */
const ends: { readonly [T in TransformName]?: (values: NonNullable<Policy[T]>) => readonly [string, string] } = {
  randomResizedCrop: ({ areaMin, areaMax }) => [`${percent(areaMin)} of it`, `${percent(areaMax)} of it`],
  rotation: ({ degrees }) => [`−${degrees}°`, `+${degrees}°`],
  horizontalFlip: () => ['', 'mirrored'],
  verticalFlip: () => ['', 'upside down'],
  greyscale: () => ['', 'without colour'],
  colourJitter: () => ['darker, paler', 'lighter, stronger'],
  blur: ({ sigma }) => ['hardly', percent(sigma)],
  gaussianNoise: ({ sigma }) => ['', percent(sigma)],
  sharpen: ({ strength }) => ['not', `by ${strength}`],
  jpeg: ({ quality }) => [`quality ${quality}`, 'quality 95'],
  erasing: ({ areaMax }) => ['2 % hidden', `${percent(areaMax)} hidden`],
  perspective: ({ distortion }) => ['none', percent(distortion)],
}

export function extremeTitle({ transform }: Pick<Extreme, 'transform'>): string {
  return transform === 'all' ? 'All at once' : (transforms.find(({ name }) => name === transform)?.title ?? transform)
}

export function extremeText({ transform, end, change }: Omit<Extreme, 'picture'>, policy: Policy): string {
  const place = end === 'low' ? 0 : 1
  if (change !== null) return change
  const say = ends[transform as TransformName] as ((values: unknown) => readonly [string, string]) | undefined
  const values = policy[transform as TransformName]
  if (say !== undefined && values !== undefined) return say(values)[place] as string
  return ['all the one way', 'all the other way'][place] as string
}
