import { join } from 'node:path'
import type { Contract } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import { Tasks } from '../project/tasks.ts'
import type { ComputeLauncher } from '../train/compute-protocol.ts'
import { createHostService, type Host } from './host.ts'
import type { Images } from './images.ts'
import { createSettingsService } from './settings.ts'
import { createTasksService } from './tasks.ts'

export interface ApplicationOptions {
  /** FLEURON_HOME: settings, the list of projects, and projects made from the window. */
  home: string
  host: Host
  launchCompute: ComputeLauncher
}

export interface Application {
  services: Partial<Contract>
  images: Images
  /** Ends what is running and closes the project. */
  close(): Promise<void>
}

/** Builds the services from the rooms, in the order in which they depend on each other. */
export async function createApplication({ home, host }: ApplicationOptions): Promise<Application> {
  const tasks = new Tasks()
  const none = async () => {
    throw new FleuronError('not-found', 'There is no such photo.')
  }
  return {
    services: {
      host: createHostService({
        host,
        version: '0.1.0',
        home,
        locate: none,
        isPhotoName: (name) => /\.jpe?g$/i.test(name),
      }),
      settings: await createSettingsService({ file: join(home, 'settings.json') }),
      tasks: createTasksService({ tasks }),
    },
    images: { photo: none, field: none },
    close: () => tasks.close(),
  }
}
