import type { TrainSettings } from './training.ts'

/** A run that waits for its turn; it becomes a run of the project, with a number, when it begins. */
export interface QueuedRun {
  id: string
  settings: TrainSettings
  /** ISO 8601. */
  queuedAt: string
  /** Why it could not begin: a sentence. The others go on without it. */
  problem: string | null
}

/** What is trained one after the other. */
export interface TrainingQueue {
  /** In the order in which they begin. */
  runs: QueuedRun[]
  /** Nothing begins until the user lets it: after a pause, and when the project has been opened again. */
  held: boolean
}
