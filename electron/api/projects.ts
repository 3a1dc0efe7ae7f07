import type { ProjectsService } from '../../shared/contract.ts'
import { createProject, resumeReading, startRescan } from '../dataset/import.ts'
import { openSample } from '../dataset/open-sample.ts'
import { inspectFolder } from '../dataset/scan.ts'
import type { Library } from '../project/library.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Tasks } from '../project/tasks.ts'

export function createProjectsService(rooms: {
  project: OpenProject
  library: Library
  tasks: Tasks
}): ProjectsService {
  const { project: open, library, tasks } = rooms
  return {
    recent: async () => library.recent(),
    inspect: ({ folder }) => inspectFolder(folder, library),
    create: async (input) => {
      const { project, reading } = await createProject(open, tasks, input)
      return { project: project.snapshot(), task: reading.id }
    },
    openSample: async () => {
      const { project, reading } = await openSample(open, library, tasks)
      return { project: project.snapshot(), task: reading?.id ?? null }
    },
    open: async ({ directory }) => {
      const project = await open.open(directory)
      resumeReading(open, tasks)
      return project.snapshot()
    },
    current: async () => open.get()?.snapshot() ?? null,
    close: () => open.close(),
    rename: async ({ name }) => {
      const project = open.current()
      project.rename(name)
      library.remember(project)
      return project.snapshot()
    },
    forget: async ({ directory }) => library.forget(directory),
    rescan: async () => ({ task: startRescan(open, tasks).id }),
    onChanged: open.onChanged,
  }
}
