/** Policies: what a model is shown instead of the same photo twice (docs/augmentation.md), as versioned data. */
import { z } from 'zod'
import type { Setting } from './setting.ts'
import { transforms, type TransformInfo, type TransformName, type TransformSettings } from './transforms.ts'

/** The transforms in use, each with all of its settings; one that is not named is not done. */
export type Policy = { readonly version: 1 } & { readonly [T in TransformName]?: TransformSettings<T> | undefined }

/** What may be handed in: a setting left out takes its default. */
export type PolicyInput = { version: 1 } & { [T in TransformName]?: Partial<TransformSettings<T>> | undefined }

function schemaOf({ kind, minimum, maximum, default: usual }: Setting): z.ZodType {
  const number = kind === 'number' ? z.number() : z.int()
  return number.min(minimum).max(maximum).default(usual)
}

const transformSchema = ({ settings }: TransformInfo) =>
  z.strictObject(Object.fromEntries(settings.map((setting) => [setting.name, schemaOf(setting)])))

const currentPolicy = z
  .strictObject({
    version: z.literal(1),
    ...Object.fromEntries(transforms.map((transform) => [transform.name, transformSchema(transform).optional()])),
  })
  .refine(
    (value) => {
      const crop = (value as Policy).randomResizedCrop
      return crop === undefined || crop.areaMin <= crop.areaMax
    },
    { path: ['randomResizedCrop', 'areaMin'], message: 'the smallest part must not be larger than the largest' },
  ) as unknown as z.ZodType<Policy, PolicyInput>

const firstPolicy = z.object({ cropMin: z.number(), flip: z.number(), jitter: z.number() })

/** The first runs were stored with three numbers for a policy. */
function fromFirst(stored: unknown): unknown {
  const first = firstPolicy.safeParse(stored)
  if (!first.success) return stored
  const { cropMin, flip, jitter } = first.data
  return {
    version: 1,
    ...(cropMin < 1 && { randomResizedCrop: { areaMin: cropMin } }),
    ...(flip > 0 && { horizontalFlip: { probability: flip } }),
    ...(jitter > 0 && { colourJitter: { brightness: jitter, contrast: jitter, saturation: jitter, hue: 0 } }),
  }
}

/** A policy as it comes in or was stored, in any version. Unknown transforms and settings are refused. */
export const policy = z.preprocess(fromFirst, currentPolicy)

/** A transform with its defaults. */
export function defaultsOf<T extends TransformName>(name: T): TransformSettings<T> {
  const { settings } = transformInfo(name)
  return Object.fromEntries(settings.map((setting) => [setting.name, setting.default])) as TransformSettings<T>
}

export function transformInfo(name: TransformName): TransformInfo {
  return transforms.find((transform) => transform.name === name) as TransformInfo
}

export interface Preset {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly policy: Policy
}

const from = (input: Omit<PolicyInput, 'version'>): Policy => policy.parse({ version: 1, ...input })

export const presets = [
  {
    name: 'none',
    title: 'None',
    description: 'Every photo as it is.',
    policy: from({}),
  },
  {
    name: 'light',
    title: 'Light',
    description: 'A little smaller, mirrored, a little lighter or darker: for short runs and large collections.',
    policy: from({
      randomResizedCrop: { areaMin: 0.8 },
      horizontalFlip: {},
      colourJitter: { brightness: 0.1, contrast: 0.1, saturation: 0.1, hue: 0 },
    }),
  },
  {
    name: 'standard',
    title: 'Standard',
    description: 'Parts of the photo, mirrored, in other light: right for most collections.',
    policy: from({ randomResizedCrop: {}, horizontalFlip: {}, colourJitter: { hue: 0 } }),
  },
  {
    name: 'strong',
    title: 'Strong',
    description: 'Small parts, RandAugment, hidden patches, mixed photos: for long runs of large networks.',
    policy: from({
      randomResizedCrop: { areaMin: 0.2 },
      horizontalFlip: {},
      randAugment: {},
      erasing: {},
      mix: { probability: 0.5 },
    }),
  },
  {
    name: 'field',
    title: 'Field photos',
    description: 'As phones take them out of doors: tilted, from the side, in any light, blurred, noisy, compressed.',
    policy: from({
      randomResizedCrop: { areaMin: 0.4 },
      horizontalFlip: {},
      rotation: { degrees: 15 },
      perspective: { distortion: 0.3, probability: 0.3 },
      colourJitter: { brightness: 0.4, contrast: 0.3, saturation: 0.3, hue: 0.02 },
      blur: { probability: 0.2 },
      jpeg: { quality: 40, probability: 0.3 },
      gaussianNoise: { sigma: 0.04, probability: 0.3 },
    }),
  },
] as const satisfies readonly Preset[]

export type PresetName = (typeof presets)[number]['name']

export function presetPolicy(name: PresetName): Policy {
  return presets.find((preset) => preset.name === name)?.policy as Policy
}

export function samePolicy(a: Policy, b: Policy): boolean {
  return transforms.every(({ name, settings }) => {
    const [left, right] = [a[name], b[name]] as (Readonly<Record<string, number>> | undefined)[]
    if (left === undefined || right === undefined) return left === right
    return settings.every((setting) => left[setting.name] === right[setting.name])
  })
}

/** Whether some photos are mirrored: a frozen backbone then sees each in both ways. */
export const isMirrored = ({ horizontalFlip }: Policy): boolean => (horizontalFlip?.probability ?? 0) > 0

/** How the finished model looks at a photo: as it is, or as it is and mirrored. */
export const testTimeOf = ({ testTime }: Policy): 'none' | 'mirror' => (testTime?.mirror === 1 ? 'mirror' : 'none')

/** The preset that this policy is, or null. */
export const presetOf = (value: Policy): Preset | null =>
  presets.find((preset) => samePolicy(preset.policy, value)) ?? null
