import type { TrackingService } from '../../shared/contract.ts'
import type { Tracking } from '../tracking/tracking.ts'

export const createTrackingService = ({ tracking }: { tracking: Tracking }): TrackingService => ({
  settings: async () => tracking.settings(),
  setServer: async (server) => tracking.setServer(server),
  setProject: async (change) => tracking.setProject(change),
  test: async ({ server }) => tracking.test(server),
  status: async () => tracking.mirror.status(),
  sync: async () => {
    tracking.mirror.retry()
    await tracking.mirror.settled()
    return tracking.mirror.status()
  },
  onChanged: tracking.mirror.onChanged,
})
