import type { EpochDetail } from '../../../shared/epoch-detail.ts'
import type { EpochMetrics, TrainProgress } from '../../../shared/training.ts'

type Phase = TrainProgress['phase']
const order: readonly Phase[] = ['preparing', 'features', 'training', 'testing', 'saving']

/** At most so many updates a second; what an epoch or a phase says always gets through. */
const minimumInterval = 100
/** Speed is averaged over about this long, so that it neither jumps nor lags. */
const speedWindow = 3000

/** Tells the window how a run goes. */
export interface ProgressReporter {
  /** A phase begins that handles `images` in all, some of which an earlier attempt may have done. */
  begin(phase: Phase, message: string, images: number, before?: number): void
  /** More images are done; `where` says at which batch of which epoch. */
  advance(images: number, where?: { epoch?: number; batch?: number; batches?: number; loss?: number }): void
  epochEnded(completed: EpochMetrics, detail: EpochDetail, bestEpoch: number | null): void
  /** Since it was made. */
  seconds(): number
}

export function createProgressReporter(options: {
  run: string
  epochs: number
  /** Seconds the phases are expected to take. */
  expected: Readonly<Partial<Record<Phase, number>>>
  /** `done` of `total` images of the phase in hand. */
  emit: (progress: TrainProgress, done: number, total: number) => void
  /** Milliseconds. */
  now?: () => number
}): ProgressReporter {
  const now = options.now ?? (() => performance.now())
  const began = now()
  let current: TrainProgress = {
    run: options.run,
    phase: 'preparing',
    message: '',
    epoch: 0,
    epochs: options.epochs,
    batch: 0,
    batches: 0,
    imagesPerSecond: null,
    etaSeconds: null,
    loss: null,
    completed: null,
    detail: null,
    bestEpoch: null,
  }
  let [done, total] = [0, 0]
  let lastEmitted = -Infinity
  let samples: { time: number; done: number }[] = []

  const emit = (progress: TrainProgress): void => {
    lastEmitted = now()
    options.emit(progress, done, total)
  }

  /** Images per second over the last moments, and over the whole phase for what is left. */
  const measure = (): Pick<TrainProgress, 'imagesPerSecond' | 'etaSeconds'> => {
    const time = now()
    samples.push({ time, done })
    const first = samples[0] as { time: number; done: number }
    const recent = samples.find((sample) => sample.time >= time - speedWindow) ?? first
    const speed = (since: { time: number; done: number }): number | null =>
      time > since.time && done > since.done ? ((done - since.done) * 1000) / (time - since.time) : null
    const overall = speed(first)
    const later = order.slice(order.indexOf(current.phase) + 1).map((phase) => options.expected[phase] ?? 0)
    // Only the first sample and those within the window are ever looked at again.
    samples = [first, ...samples.slice(1).filter((sample) => sample.time >= time - speedWindow)]
    return {
      imagesPerSecond: speed(recent) ?? overall,
      etaSeconds: overall === null ? null : (total - done) / overall + later.reduce((sum, part) => sum + part, 0),
    }
  }

  return {
    begin(phase, message, images, before = 0) {
      done = before
      total = images
      samples = [{ time: now(), done }]
      current = { ...current, phase, message, batch: 0, batches: 0, imagesPerSecond: null, etaSeconds: null }
      emit(current)
    },
    advance(images, where = {}) {
      done += images
      current = { ...current, ...where }
      if (now() - lastEmitted < minimumInterval) return
      current = { ...current, ...measure() }
      emit(current)
    },
    seconds: () => (now() - began) / 1000,
    epochEnded(completed, detail, bestEpoch) {
      current = { ...current, ...measure(), epoch: completed.epoch, bestEpoch }
      emit({ ...current, completed, detail })
    },
  }
}
