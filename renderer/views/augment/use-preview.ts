/** Samples and extremes of one photo: while a slider moves, one question at a time is out, and the latest answer wins. */
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { Extreme, PreviewedPhoto } from '../../../shared/augment.ts'
import type { ErrorValue } from '../../../shared/errors.ts'
import type { Policy } from '../../../shared/policy.ts'
import { errorValue, fleuron } from '../../fleuron.ts'

export const sampleCount = 12
/** Extremes are looked at, not steered by: they follow when the slider rests. */
const extremesDelay = 250

export interface PreviewQuestion {
  readonly policy: Policy
  readonly imageSize: number
  readonly seed: number
  readonly photo: string
}

export function usePreview(question: () => PreviewQuestion | null) {
  const shown = shallowRef<PreviewedPhoto | null>(null)
  const extremes = shallowRef<readonly Extreme[] | null>(null)
  const error = shallowRef<ErrorValue | null>(null)
  /** From the question to the answer, milliseconds. */
  const took = shallowRef<number | null>(null)
  let asking = false
  let waiting: PreviewQuestion | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let latest: PreviewQuestion | null = null

  const askExtremes = async (asked: PreviewQuestion) => {
    const { policy, imageSize, photo } = asked
    try {
      const answer = await fleuron().augment.extremes({ policy, imageSize, photo })
      if (asked === latest) extremes.value = answer
    } catch (failure) {
      // Of a photo that is no longer the one in hand it says nothing.
      if (asked === latest) error.value = errorValue(failure)
    }
  }

  const ask = async (next: PreviewQuestion) => {
    waiting = next
    if (asking) return
    asking = true
    while (waiting !== null) {
      const { policy, imageSize, seed, photo }: PreviewQuestion = waiting
      waiting = null
      const began = performance.now()
      try {
        const request = { policy, imageSize, seed, photos: [photo], count: 1, samples: sampleCount }
        const [answer] = await fleuron().augment.preview(request)
        error.value = null
        if (answer) shown.value = answer
        took.value = performance.now() - began
      } catch (failure) {
        error.value = errorValue(failure)
      }
    }
    asking = false
  }

  const fetch = () => {
    const next = question()
    if (next === null) return
    latest = next
    void ask(next)
    clearTimeout(timer)
    timer = setTimeout(() => void askExtremes(next), extremes.value === null ? 0 : extremesDelay)
  }
  watch(question, fetch, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))
  return { shown, extremes, error, took, fetch }
}
