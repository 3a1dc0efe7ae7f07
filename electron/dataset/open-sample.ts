import { join } from 'node:path'
import type { Library } from '../project/library.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Project } from '../project/project.ts'
import type { StartedTask, Tasks } from '../project/tasks.ts'
import { createProject, resumeReading } from './import.ts'
import { drawSample } from './sample.ts'

/** Opens the project of the built-in sample; on first use the sample is drawn, which takes seconds and is told as a task. */
export async function openSample(
  open: OpenProject,
  library: Library,
  tasks: Tasks,
): Promise<{ project: Project; reading: StartedTask<void> | null }> {
  const existing = library.madeFrom(join(library.sample, 'flowers'))
  const { flowers } = await tasks.run('sample', 'Drawing the sample', 'pictures', (task) =>
    drawSample(library.sample, {
      signal: task.signal,
      onProgress: (done, total) => task.progress(done, total),
    }),
  ).finished
  if (existing) {
    const project = await open.open(existing.directory)
    return { project, reading: resumeReading(open, tasks) }
  }
  return createProject(open, tasks, { folder: flowers, name: 'Flowers (sample)' })
}
