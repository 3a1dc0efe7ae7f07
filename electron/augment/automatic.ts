import type { Draws } from './draws.ts'
import { rotated, shifted, slanted, type Homography } from './homography.ts'
import type { PixelStep } from './pixel-steps.ts'

/** One change of RandAugment or TrivialAugment: it moves pixels or changes them. */
export type Change = { readonly map: Homography } | { readonly step: PixelStep } | null

/** How strong the changes are at full strength. */
interface Strength {
  /** Slant, pixels per pixel. */
  readonly slant: number
  /** Of the side. */
  readonly shift: number
  readonly degrees: number
  /** Brightness, contrast, saturation and sharpness: 1 ± this. */
  readonly factor: number
  /** Of 8 bits, how many go. */
  readonly bits: number
}

/** Cubuk et al., "RandAugment", 2020, with torchvision's numbers. */
const randStrength: Strength = { slant: 0.3, shift: 150 / 331, degrees: 30, factor: 0.9, bits: 4 }
/** Müller and Hutter, "TrivialAugment", 2021, "wide"; their 32 pixels as a share of 224. */
const trivialStrength: Strength = { slant: 0.99, shift: 32 / 224, degrees: 135, factor: 0.99, bits: 6 }

/** The fourteen changes; `amount` is between 0 and 1 and negative for the other direction. */
const changes: readonly ((strength: Strength, amount: number) => Change)[] = [
  () => null,
  ({ slant }, amount) => ({ map: slanted(slant * amount, 0) }),
  ({ slant }, amount) => ({ map: slanted(0, slant * amount) }),
  ({ shift }, amount) => ({ map: shifted(shift * amount, 0) }),
  ({ shift }, amount) => ({ map: shifted(0, shift * amount) }),
  ({ degrees }, amount) => ({ map: rotated(degrees * amount) }),
  ({ factor }, amount) => ({ step: { kind: 'brightness', factor: 1 + factor * amount } }),
  ({ factor }, amount) => ({ step: { kind: 'saturation', factor: 1 + factor * amount } }),
  ({ factor }, amount) => ({ step: { kind: 'contrast', factor: 1 + factor * amount } }),
  ({ factor }, amount) => ({ step: { kind: 'sharpness', factor: 1 + factor * amount } }),
  ({ bits }, amount) => ({ step: { kind: 'posterise', bits: 8 - Math.round(bits * Math.abs(amount)) } }),
  (_, amount) => ({ step: { kind: 'solarise', threshold: 1 - Math.abs(amount) } }),
  () => ({ step: { kind: 'autocontrast' } }),
  () => ({ step: { kind: 'equalise' } }),
]

const changeCount = changes.length

/** Names of the changes that can destroy a photo, by their places. */
const strongest = [
  [1, 'slant'],
  [5, 'turn'],
  [6, 'light'],
  [10, 'few tones'],
  [11, 'inverted'],
] as const

/** What RandAugment or TrivialAugment may do at the worst, one way and the other. */
export function strongestChanges(
  name: 'randAugment' | 'trivialAugment',
  magnitude: number,
): { readonly title: string; readonly end: 'low' | 'high'; readonly change: Change }[] {
  const [strength, amount] = name === 'randAugment' ? [randStrength, magnitude / levels] : [trivialStrength, 1]
  return strongest.flatMap(([place, title]) =>
    // Tones have no other direction.
    (place < 10 ? (['low', 'high'] as const) : (['high'] as const)).map((end) => ({
      title,
      end,
      change: (changes[place] as (typeof changes)[number])(strength, end === 'low' ? -amount : amount),
    })),
  )
}

/** Steps of strength from nothing to everything, as in both papers. */
const levels = 30

const signed = (draws: Draws, amount: number): number => (draws.integer(2) === 1 ? amount : -amount)

const drawChange = (draws: Draws, strength: Strength, level: number): Change => {
  const change = changes[draws.integer(changeCount)] as (typeof changes)[number]
  return change(strength, signed(draws, level / levels))
}

/** `operations` changes of one strength, one after the other. */
export const drawRandAugment = (draws: Draws, operations: number, magnitude: number): Change[] =>
  Array.from({ length: operations }, () => drawChange(draws, randStrength, magnitude))

/** One change of a strength that is drawn too. */
export const drawTrivialAugment = (draws: Draws): Change =>
  drawChange(draws, trivialStrength, draws.integer(levels + 1))
