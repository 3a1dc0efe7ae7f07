import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import type { Contract, Event } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import { isPhotoName } from '../dataset/photo-files.ts'
import { coverOf, photoImage } from '../dataset/thumbnails.ts'
import { Emitter } from '../project/emitter.ts'
import { FieldWork } from '../field/classify-session.ts'
import { Library } from '../project/library.ts'
import { OpenProject } from '../project/open-project.ts'
import { Tasks } from '../project/tasks.ts'
import { Devices } from '../train/devices/devices.ts'
import { ComputeClient } from '../train/compute/compute-client.ts'
import type { ComputeLauncher } from '../train/compute/compute-protocol.ts'
import { Tracking } from '../tracking/tracking.ts'
import { codeVersion } from './code-version.ts'
import { createAugmentService } from './augment.ts'
import { createDevicesService } from './devices.ts'
import { createFieldService } from './field.ts'
import { createHostService, type Host } from './host.ts'
import type { Images } from './images.ts'
import { createLabelsService } from './labels.ts'
import { createPhotosService } from './photos.ts'
import { createProjectsService } from './projects.ts'
import { createReviewService } from './review.ts'
import { createRunsService } from './runs.ts'
import { createSettingsService } from './settings.ts'
import { createTasksService } from './tasks.ts'
import { createTrackingService } from './tracking.ts'
import { createTrainingServices } from './training.ts'

export interface ApplicationOptions {
  /** FLEURON_HOME: settings, the list of projects, and projects made from the window. */
  home: string
  host: Host
  launchCompute: ComputeLauncher
}

export interface Application {
  services: Contract
  images: Images
  /** Where to answer other processes while a project is open; null while none is. */
  socket: { get(): string | null; onChanged: Event<string | null> }
  /** Ends what is running and closes the project. */
  close(): Promise<void>
}

/** Builds the services from the rooms, in the order in which they depend on each other. */
export async function createApplication({ home, host, launchCompute }: ApplicationOptions): Promise<Application> {
  const tasks = new Tasks()
  const library = new Library(home)
  const project = new OpenProject({ library, cover: coverOf })
  const socketChanged = new Emitter<string | null>()
  project.onSwitched((next) => socketChanged.emit(next?.holder.socket ?? null))

  const compute = new ComputeClient(launchCompute)
  const field = new FieldWork({ project, tasks, compute })
  const settings = await createSettingsService({ file: join(home, 'settings.json') })
  const { training, queue, studies, busy, close } = createTrainingServices({
    project,
    tasks,
    compute,
    home,
    version: codeVersion,
    settings,
    device: (model) => devices.usedFor(model),
  })
  const devices = new Devices({
    home,
    tasks,
    compute,
    launch: launchCompute,
    choice: {
      get: async () => (await settings.get()).device,
      set: async (device) => void (await settings.update({ device })),
    },
    busy,
  })
  const tracking = new Tracking({
    project,
    home,
    onEpoch: (listener) => training.onProgress((progress) => progress.completed !== null && listener(progress)),
  })

  return {
    services: {
      host: createHostService({
        host,
        version: packageJson.version,
        home,
        isPhotoName,
        locate: async (what, run) => locate(project, what, run),
      }),
      settings,
      devices: createDevicesService({ devices }),
      tasks: createTasksService({ tasks }),
      projects: createProjectsService({ project, library, tasks }),
      photos: createPhotosService({ project }),
      labels: createLabelsService({ project, tasks }),
      augment: createAugmentService({ project, compute }),
      training,
      queue,
      studies,
      runs: createRunsService({ project }),
      review: createReviewService({ project }),
      field: createFieldService({ field }),
      tracking: createTrackingService({ tracking }),
    },
    images: {
      photo: (id, tier) => photoImage(project.current(), id, tier),
      field: (session, index, tier) => field.image(session, index, tier),
    },
    socket: { get: () => project.get()?.holder.socket ?? null, onChanged: socketChanged.event },
    close: async () => {
      close()
      await tasks.close()
      await compute.close()
      await tracking.mirror.close()
      await project.close()
    },
  }
}

/** Folder of the open project, or of the model of a run. */
function locate(project: OpenProject, what: 'project' | 'model', run: string | undefined): string {
  const open = project.current()
  if (what === 'project') return open.directory
  const { modelDirectory } = open.runs.get(run ?? '')
  if (!modelDirectory) throw new FleuronError('not-ready', 'This run has no model yet; wait until it has ended.')
  return modelDirectory
}
