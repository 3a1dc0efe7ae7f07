/** Augmentation previews, made by the code that trains: asked for a little after the last change, the latest answer wins. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import type { AugmentationPreview } from '../../../shared/contract-inputs.ts'
import type { ErrorValue } from '../../../shared/errors.ts'
import { isMirrored, type Policy } from '../../../shared/policy.ts'
import type { TrainMode, TrainSettings } from '../../../shared/training.ts'
import { errorValue, fleuron } from '../../fleuron.ts'

export interface PreviewRow {
  photo: string
  original: string
  samples: string[]
}

const rows = 2
/** Samples beside the original, on one line. */
export const places = 8
const mirrored: Policy = { version: 1, horizontalFlip: { probability: 1 } }

const preview = async (input: AugmentationPreview): Promise<PreviewRow[]> =>
  (await fleuron().augment.preview(input)).map(({ photo, original, samples }) => ({
    photo,
    original,
    samples: samples.map(({ picture }) => picture),
  }))

/** What a model of this mode is shown of two photos: a frozen backbone sees the mirror first, then its augmented views. */
async function fetchRows(settings: TrainSettings, mode: TrainMode): Promise<PreviewRow[]> {
  const { imageSize, seed, augmentation: policy, extraViews } = settings
  if (mode !== 'frozen') return preview({ policy, imageSize, seed, count: rows, samples: places })
  const mirrors = await preview({ policy: mirrored, imageSize, seed, count: rows, samples: 1 })
  const plain = isMirrored(policy) ? mirrors : mirrors.map((row) => ({ ...row, samples: [] }))
  if (extraViews === 0 || plain.length === 0) return plain
  const photos = plain.map((row) => row.photo)
  const samples = Math.min(extraViews, places - 1)
  const views = await preview({ policy, imageSize, seed, photos, count: photos.length, samples })
  return plain.map((row, index) => ({ ...row, samples: [...row.samples, ...(views[index]?.samples ?? [])] }))
}

export function usePreviews(
  settings: () => TrainSettings,
  mode: () => TrainMode,
): { rows: ShallowRef<readonly PreviewRow[] | null>; error: ShallowRef<ErrorValue | null>; fetch: () => void } {
  const found = shallowRef<readonly PreviewRow[] | null>(null)
  const error = shallowRef<ErrorValue | null>(null)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const fetch = async () => {
    const call = ++asked
    try {
      const answer = await fetchRows(settings(), mode())
      if (call !== asked) return
      found.value = answer
      error.value = null
    } catch (failure) {
      if (call === asked) error.value = errorValue(failure)
    }
  }

  watch(
    () => [mode(), settings().augmentation, settings().extraViews, settings().imageSize, settings().seed],
    (_now, before) => {
      clearTimeout(timer)
      timer = setTimeout(() => void fetch(), before === undefined ? 0 : 120)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return { rows: found, error, fetch: () => void fetch() }
}
