import type { QueueService } from '../../shared/contract.ts'
import type { TrainingQueue } from '../train/run/training-queue.ts'

export const createQueueService = ({ queue }: { queue: TrainingQueue }): QueueService => ({
  get: async () => queue.state(),
  add: async ({ settings, to }) => queue.add(settings, to),
  move: async ({ queued, to }) => queue.move(queued, to),
  remove: async ({ queued }) => queue.remove(queued),
  hold: async ({ held }) => queue.hold(held),
  onChanged: queue.onChanged,
})
