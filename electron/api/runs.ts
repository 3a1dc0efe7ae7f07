import type { RunsService } from '../../shared/contract.ts'
import type { RunOverview } from '../../shared/run.ts'
import { compareRuns } from '../evaluate/run-comparison.ts'
import { Emitter } from '../project/emitter.ts'
import type { OpenProject } from '../project/open-project.ts'
import { listArtefacts } from '../project/run-artefacts.ts'
import { writeReport } from '../report/run-report.ts'
import { correctedPhotos, correctedRuns, listOverviews, readHistories } from '../project/run-table.ts'

export function createRunsService({ project: open }: { project: OpenProject }): RunsService {
  const changed = new Emitter<RunOverview[]>()
  const tell = (runs: readonly string[]): void => changed.emit(listOverviews(open.current().database, runs))

  return {
    list: async () => listOverviews(open.current().database),
    histories: async ({ runs }) => readHistories(open.current().database, runs),
    details: async ({ run }) => {
      const { runs, database } = open.current()
      return {
        record: runs.get(run),
        artefacts: listArtefacts(runs.directory(run)),
        corrected: correctedPhotos(database, run),
      }
    },
    corrected: async () => correctedRuns(open.current().database),
    annotate: async ({ run, tags, notes }) => {
      open.current().runs.update(run, {
        ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
        ...(notes === undefined ? {} : { notes }),
      })
      tell([run])
    },
    archive: async ({ runs, archived }) => {
      for (const run of runs) open.current().runs.update(run, { archived })
      tell(runs)
    },
    compare: async ({ first, second, split }) => {
      const { runs, photos } = open.current()
      const compared = [first, second].map((run) => ({ ...runs.get(run), predictions: runs.predictions(run, split) }))
      const [one, two] = compared as [(typeof compared)[0], (typeof compared)[0]]
      return compareRuns(one, two, split, photos.get(one.predictions.map(({ photo }) => photo)))
    },
    report: ({ runs }) => writeReport(open.current(), runs),
    onChanged: changed.event,
  }
}
