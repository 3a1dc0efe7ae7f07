import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Contract } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type { Project } from '../../../shared/project.ts'
import { finished, withApplication, withProject } from '../connection.ts'
import { table } from '../table.ts'
import type { Output } from '../output.ts'

export interface ImportResult {
  photos: number
  classes: { name: string; count: number }[]
  unreadable: { path: string; reason: string }[]
  /** What was passed over or understood in a way worth knowing: each a sentence. */
  warnings: string[]
}

export interface ImportOptions {
  project: string
  /** What to do with Rose beside rose; without an answer the import stops and asks. */
  mergeCase?: boolean
}

/** Makes a project of a folder of photos, or looks at the folder of a project again. */
export async function importFolder(folder: string, options: ImportOptions): Promise<ImportResult> {
  if (existsSync(join(resolve(options.project), 'project.db'))) {
    return withProject(options.project, (services) => readAgain(services, resolve(folder)))
  }
  return withApplication(async (services) => {
    const { caseConflicts, warnings } = await services.projects.inspect({ folder: resolve(folder) })
    const [conflict] = caseConflicts
    if (conflict && options.mergeCase === undefined) {
      throw new FleuronError(
        'conflict',
        `The folders ${conflict.join(' and ')} differ in their spelling only; add --merge-case to make them one class, or --no-merge-case to keep them apart.`,
      )
    }
    const { task } = await services.projects.create({
      folder: resolve(folder),
      directory: resolve(options.project),
      ...(options.mergeCase === undefined ? {} : { mergeCase: options.mergeCase }),
    })
    await finished(services, task)
    return summary(await openProject(services), warnings)
  })
}

async function readAgain(services: Contract, folder: string): Promise<ImportResult> {
  const project = await openProject(services)
  if (project.folder !== folder) {
    throw new FleuronError(
      'conflict',
      `${project.directory} is the project of ${project.folder}; name another --project for ${folder}.`,
    )
  }
  const { task } = await services.projects.rescan()
  await finished(services, task)
  return summary(await openProject(services), [])
}

async function openProject(services: Contract): Promise<Project> {
  const project = await services.projects.current()
  if (!project) throw new FleuronError('not-found', 'The project was closed in the meantime; try again.')
  return project
}

const summary = (project: Project, warnings: string[]): ImportResult => ({
  photos: project.photos,
  classes: project.classes.map(({ name, count }) => ({ name, count })),
  unreadable: project.unreadable,
  warnings,
})

export function printImport(output: Output, result: ImportResult): void {
  result.warnings.forEach(output.warn)
  output.line(`${result.photos} photos`)
  if (result.classes.length > 0) {
    output.line(
      table(
        ['class', 'photos'],
        result.classes.map(({ name, count }) => [name, count]),
      ),
    )
  }
  if (result.unreadable.length > 0) {
    output.line(`\n${result.unreadable.length} could not be read:`)
    for (const { path, reason } of result.unreadable) output.line(`  ${path}: ${reason}`)
  }
}
