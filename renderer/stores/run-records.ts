import { defineStore } from 'pinia'
import { shallowReactive, watch } from 'vue'
import type { EpochDetail } from '../../shared/epoch-detail.ts'
import type { RunOverview } from '../../shared/run.ts'
import type { RunRecord, StepSeries, TrainProgress } from '../../shared/training.ts'
import { fleuron } from '../fleuron.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** All that is known of the runs that are looked at, and how the one in hand goes on. */
export const useRunRecords = defineStore('run-records', () => {
  const project = useProject()
  const toasts = useToasts()

  const records = shallowReactive(new Map<string, RunRecord>())
  const steps = shallowReactive(new Map<string, StepSeries | null>())
  /** Recall and watched photos, by epoch. */
  const details = shallowReactive(new Map<string, readonly EpochDetail[]>())
  const progress = shallowReactive(new Map<string, TrainProgress>())

  /** Throws what the main process said. */
  const fetch = async (run: string) => {
    const [record, known] = await Promise.all([
      fleuron().training.run({ run }),
      fleuron().training.epochDetails({ run }),
    ])
    records.set(run, record)
    details.set(run, known)
    await fetchSteps(run)
  }

  /** Runs whose steps are on their way, and whether there are newer ones by now. */
  const askedFor = new Map<string, 'asked' | 'ask again'>()
  /** Epochs may be shorter than an answer takes: then it is asked once more when that is there. */
  const fetchSteps = async (run: string) => {
    if (askedFor.has(run)) {
      askedFor.set(run, 'ask again')
      return
    }
    try {
      do {
        askedFor.set(run, 'asked')
        steps.set(run, await fleuron().training.steps({ run }))
      } while (askedFor.get(run) === 'ask again')
    } finally {
      askedFor.delete(run)
    }
  }

  const progressed = (news: TrainProgress) => {
    progress.set(news.run, news)
    const record = records.get(news.run)
    if (record === undefined || news.completed === null) return
    const { completed, detail } = news
    void toasts.attempt(() => fetchSteps(news.run))
    if (completed.epoch === record.history.length + 1) {
      records.set(news.run, { ...record, history: [...record.history, completed], bestEpoch: news.bestEpoch })
      if (detail !== null) details.set(news.run, [...(details.get(news.run) ?? []), detail])
    }
    // An epoch went by while nobody was listening.
    else if (completed.epoch > record.history.length) void toasts.attempt(() => fetch(news.run))
  }

  /** What was written on runs, here or on another screen. */
  const annotated = (annotations: readonly RunOverview[]) => {
    for (const { id, tags, notes } of annotations) {
      const record = records.get(id)
      if (record !== undefined) records.set(id, { ...record, tags, notes })
    }
  }

  fleuron().runs.onChanged(annotated)
  fleuron().training.onProgress(progressed)
  fleuron().training.onChanged(({ id, state }) => {
    if (state !== 'running') progress.delete(id)
    void toasts.attempt(() => fetch(id))
  })
  watch(
    () => project.project?.id,
    () => {
      for (const known of [records, steps, details, progress]) known.clear()
    },
  )

  return { records, steps, details, progress, fetch }
})
