import type { QueueService, Settings, StudiesService, TrainingService } from '../../shared/contract.ts'
import { Library } from '../project/library.ts'
import { OpenProject } from '../project/open-project.ts'
import { Tasks } from '../project/tasks.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { createTrainingServices } from './training.ts'

/** What trains, as an application has it, without the rest. */
export interface TrainingRooms {
  training: TrainingService
  queue: QueueService
  studies: StudiesService
  open: OpenProject
  close(): Promise<void>
}

const settings: Settings = {
  theme: 'system',
  autoAdvance: true,
  weights: null,
  keys: {},
  device: 'automatic',
  notify: true,
}

/** @param home FLEURON_HOME: rooms that are made anew over the same one are an application started again */
export function startTrainingRooms(home: string): TrainingRooms {
  const tasks = new Tasks()
  const open = new OpenProject({ library: new Library(home), cover: async () => [] })
  const compute = new ComputeClient(forkComputeProcess)
  const services = createTrainingServices({
    project: open,
    tasks,
    compute,
    home,
    version: '0.0.0',
    settings: { get: async () => settings },
    device: async () => 'cpu',
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
