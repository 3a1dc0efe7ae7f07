import { extname, resolve } from 'node:path'
import { finished, withProject } from '../connection.ts'
import { writeTextFile } from '../text-file.ts'

export interface ExportResult {
  to: string
}

/** A name that ends in .csv makes a table; any other is a new folder with one folder per class. */
export const exportLabels = (options: { project: string; to: string; copy?: boolean }): Promise<ExportResult> =>
  withProject(options.project, async (services) => {
    const to = resolve(options.to)
    if (extname(to).toLowerCase() === '.csv') {
      const { text } = await services.labels.exportCsv()
      await writeTextFile(to, text)
    } else {
      const { task } = await services.labels.exportFolders({ to, how: options.copy ? 'copy' : 'link' })
      await finished(services, task)
    }
    return { to }
  })
