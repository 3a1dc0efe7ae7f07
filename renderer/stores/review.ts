import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import type { ErrorValue } from '../../shared/errors.ts'
import type { Split } from '../../shared/project.ts'
import type { Correction, Evaluation, ReviewPhoto } from '../../shared/training.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { usePhotos } from './photos.ts'
import { useProject } from './project.ts'

/** A cell of the matrix by its classes. */
export interface CellClasses {
  trueClass: string
  predictedClass: string
}

export interface CellPhotos {
  cell: CellClasses
  photos: readonly ReviewPhoto[]
}

const same = (a: CellClasses, b: CellClasses): boolean =>
  a.trueClass === b.trueClass && a.predictedClass === b.predictedClass

/** What one run got wrong on one split: the evaluation, the photos of the cell in hand, and what was corrected since. */
export const useReview = defineStore('review', () => {
  const project = useProject()

  const run = shallowRef<string | null>(null)
  const split = shallowRef<Split>('validation')
  const evaluation = shallowRef<Evaluation | null>(null)
  const error = shallowRef<ErrorValue | null>(null)
  const cell = shallowRef<CellClasses | null>(null)
  /** Photos of the cell in hand; null while they are on their way. */
  const chosen = shallowRef<CellPhotos | null>(null)
  const mistakes = shallowRef<readonly ReviewPhoto[]>([])
  const corrections = shallowRef<readonly Correction[]>([])
  /** Runs whose test photos the user wants to see; asked once for each while the window is open. */
  const testAgreed = new Set<string>()
  let asked = 0

  /** Below the cell in hand: the same mistake the other way round, and all the others. */
  const otherWay = computed<readonly ReviewPhoto[]>(() => {
    const at = cell.value
    if (at === null || at.trueClass === at.predictedClass) return []
    return mistakes.value.filter((photo) => same(photo, { trueClass: at.predictedClass, predictedClass: at.trueClass }))
  })
  const otherMistakes = computed<readonly ReviewPhoto[]>(() => {
    const at = cell.value
    return mistakes.value.filter((photo) => at === null || (!same(photo, at) && !otherWay.value.includes(photo)))
  })

  const fetchPhotos = async () => {
    const [ofRun, at, ofSplit] = [run.value, cell.value, split.value]
    if (ofRun === null) return
    const call = ++asked
    const [inCell, wrong, corrected] = await Promise.all([
      at === null ? null : fleuron().review.photos({ run: ofRun, split: ofSplit, cell: at }),
      fleuron().review.photos({ run: ofRun, split: ofSplit }),
      fleuron().review.corrections({ run: ofRun }),
    ])
    if (call !== asked) return
    chosen.value = at === null || inCell === null ? null : { cell: at, photos: inCell }
    mistakes.value = wrong
    corrections.value = corrected
  }

  /** Runs it and keeps what went wrong for the screen. */
  const guarded = async (work: () => Promise<void>) => {
    try {
      await work()
      error.value = null
    } catch (failure) {
      error.value = errorValue(failure)
    }
  }

  const show = (ofRun: string, ofSplit: Split) =>
    guarded(async () => {
      if (run.value !== ofRun || split.value !== ofSplit) {
        run.value = ofRun
        split.value = ofSplit
        evaluation.value = null
        cell.value = null
        chosen.value = null
        mistakes.value = []
        corrections.value = []
      }
      const answer = await fleuron().review.evaluation({ run: ofRun, split: ofSplit })
      if (run.value !== ofRun || split.value !== ofSplit) return
      evaluation.value = answer
      await fetchPhotos()
    })

  const openCell = (at: CellClasses) =>
    guarded(async () => {
      cell.value = at
      if (chosen.value !== null && !same(chosen.value.cell, at)) chosen.value = null
      await fetchPhotos()
    })

  const fetchAnew = () => (run.value === null ? Promise.resolve() : show(run.value, split.value))

  usePhotos().onChanged(() => void guarded(fetchPhotos))
  useConnection().onReopened(() => void fetchAnew())
  watch(
    () => project.project?.id,
    () => {
      run.value = null
      evaluation.value = null
      cell.value = null
      chosen.value = null
      error.value = null
    },
  )

  return {
    run,
    split,
    evaluation,
    error,
    cell,
    chosen,
    mistakes,
    otherWay,
    otherMistakes,
    corrections,
    testAgreed,
    show,
    openCell,
    fetchAnew,
  }
})
