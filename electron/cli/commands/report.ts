import { resolve } from 'node:path'
import { withProject } from '../connection.ts'
import { checkTextFile, writeTextFile } from '../text-file.ts'
import { findRun } from './runs.ts'

export interface ReportResult {
  to: string
  /** Numbers of the runs. */
  runs: number[]
}

/** Writes one HTML page on these runs. */
export const report = (wanted: string[], options: { project: string; to: string }): Promise<ReportResult> =>
  withProject(options.project, async (services) => {
    const to = resolve(options.to)
    await checkTextFile(to)
    const list = await services.runs.list()
    const found = wanted.map((run) => findRun(list, run))
    const { html } = await services.runs.report({ runs: found.map(({ id }) => id) })
    await writeTextFile(to, html)
    return { to, runs: found.map(({ number }) => number) }
  })
