import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { QueueService, StudiesService, TrainingService } from '../../shared/contract.ts'
import { createProject } from '../dataset/import.ts'
import type { ComputeDevice } from '../engine/index.ts'
import { Library } from '../project/library.ts'
import { OpenProject } from '../project/open-project.ts'
import { Tasks } from '../project/tasks.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import type { ComputeLauncher } from '../train/compute/compute-protocol.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { drawShapes, temporaryFolder } from '../train/testing.ts'
import { defaultSettings } from './settings.ts'
import { createTrainingServices } from './training.ts'

/** What trains, as an application has it, without the rest. */
export interface TrainingRooms {
  training: TrainingService
  queue: QueueService
  studies: StudiesService
  open: OpenProject
  close(): Promise<void>
}

/** What rooms of a test may have otherwise. */
interface RoomOptions {
  device?: ComputeDevice
  launch?: ComputeLauncher
}

/** @param home FLEURON_HOME: rooms that are made anew over the same one are an application started again */
export function startTrainingRooms(
  home: string,
  { device = 'cpu', launch = forkComputeProcess }: RoomOptions = {},
): TrainingRooms {
  const tasks = new Tasks()
  const open = new OpenProject({ library: new Library(home), cover: async () => [] })
  const compute = new ComputeClient(launch)
  const services = createTrainingServices({
    project: open,
    tasks,
    compute,
    home,
    version: '0.0.0',
    settings: { get: async () => defaultSettings },
    device: async () => ({ device, note: null }),
  })
  return {
    ...services,
    open,
    close: async () => {
      services.close()
      await tasks.close()
      await compute.close()
      await open.close()
    },
  }
}

/** Rooms with a project of drawn shapes, anew for every test of the file. */
export function roomsForEachTest(): { home: string; rooms: TrainingRooms; readonly photos: string } {
  const folder = temporaryFolder()
  const photos = join(folder.path, 'photos')
  const state = { home: '', rooms: {} as TrainingRooms, photos }
  let count = 0
  beforeAll(() => drawShapes(photos, 12))
  afterAll(() => folder[Symbol.dispose]())
  beforeEach(async () => {
    state.home = join(folder.path, `home-${++count}`)
    state.rooms = startTrainingRooms(state.home)
    const { reading } = await createProject(state.rooms.open, new Tasks(), { folder: photos })
    await reading.finished
  })
  afterEach(() => state.rooms.close())
  return state
}
