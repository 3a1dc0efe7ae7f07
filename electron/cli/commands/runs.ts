import type { Contract } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import { splits, type Split } from '../../../shared/project.ts'
import type { RunComparison, RunOverview } from '../../../shared/run.ts'
import {
  differs,
  flattenSettings,
  settingsSideBySide,
  settingText,
  type SettingDifference,
} from '../../../shared/run-settings.ts'
import { withProject } from '../connection.ts'
import type { Output } from '../output.ts'
import { percent, table } from '../table.ts'

/** The runs of a project, newest first; those put away only when asked for. */
export const runs = (options: { project: string; archived?: boolean }): Promise<RunOverview[]> =>
  withProject(options.project, async (services) =>
    (await services.runs.list()).filter(({ archived }) => options.archived === true || !archived),
  )

export function printRuns(output: Output, list: RunOverview[]): void {
  if (list.length === 0) {
    output.line('There are no runs yet; train a model with "fleuron train --project <dir>".')
    return
  }
  const rows = list.map((run) => [
    String(run.number),
    run.model,
    run.mode,
    run.state,
    run.bestEpoch === null ? '' : `${run.bestEpoch} of ${run.epochs}`,
    run.validationAccuracy === null ? '' : percent(run.validationAccuracy),
    run.validationLoss === null ? '' : run.validationLoss.toFixed(3),
    run.seconds === null ? '' : `${run.seconds.toFixed(0)} s`,
    run.startedAt.slice(0, 16).replace('T', ' '),
    run.tags.join(', '),
  ])
  const head = ['run', 'model', 'mode', 'state', 'best epoch', 'validation', 'loss', 'time', 'started (UTC)', 'tags']
  output.line(table(head, rows))
}

/** A run by its number, or by its id. @throws FleuronError 'not-found'; the message names the runs there are */
export function findRun(list: readonly RunOverview[], wanted: string): RunOverview {
  const found = list.find(({ id, number }) => id === wanted || String(number) === wanted)
  if (found) return found
  const newest = list[0]?.number
  throw new FleuronError(
    'not-found',
    newest === undefined
      ? 'The project has no runs yet; train a model first.'
      : `There is no run ${wanted}; give the number of one, of which the newest is ${newest}.`,
  )
}

export interface CompareResult extends RunComparison {
  numbers: { first: number; second: number }
  /** Settings in which the two differ. */
  settings: SettingDifference[]
  /** Whether both were trained on the same photos, labels and split; null where that was not written down. */
  sameData: boolean | null
}

export const compare = (
  first: string,
  second: string,
  options: { project: string; split: string },
): Promise<CompareResult> => withProject(options.project, (services) => compareIn(services, first, second, options))

async function compareIn(
  services: Contract,
  first: string,
  second: string,
  options: { split: string },
): Promise<CompareResult> {
  const split = splits.find((each) => each === options.split) satisfies Split | undefined
  if (split === undefined) {
    throw new FleuronError('invalid-input', `There is no split “${options.split}”; choose one of ${splits.join(', ')}.`)
  }
  const list = await services.runs.list()
  const [one, two] = [findRun(list, first), findRun(list, second)]
  const comparison = await services.runs.compare({ first: one.id, second: two.id, split })
  const data = [one.origin?.fingerprint, two.origin?.fingerprint]
  return {
    numbers: { first: one.number, second: two.number },
    settings: settingsSideBySide([flattenSettings(one.settings), flattenSettings(two.settings)]).filter(differs),
    sameData: data.includes(undefined) ? null : data[0] === data[1],
    ...comparison,
  }
}

export function printComparison(output: Output, result: CompareResult): void {
  const { first, second } = result.numbers
  output.line(`${result.sentence}\n`)
  if (result.sameData === false) output.warn('The two runs were trained on different photos, labels or splits.')
  if (result.settings.length === 0) output.line('Their settings are the same.')
  else {
    const rows = result.settings.map(({ key, values }) => [key, ...values.map(settingText)])
    output.line(table(['setting', `run ${first}`, `run ${second}`], rows))
  }
  const name = (id: string): string => result.classes.find((each) => each.id === id)?.name ?? id
  for (const [number, photos] of [
    [first, result.onlyFirstRight],
    [second, result.onlySecondRight],
  ] as const) {
    if (photos.length === 0) continue
    output.line(`\nRight in run ${number} only`)
    output.line(
      table(
        ['photo', 'is', `run ${first} says`, `run ${second} says`],
        photos.map((photo) => [
          photo.name,
          name(photo.trueClass),
          `${name(photo.first.classId)} ${percent(photo.first.confidence)}`,
          `${name(photo.second.classId)} ${percent(photo.second.confidence)}`,
        ]),
      ),
    )
  }
  if (result.leftOut > 0) {
    const kind = 'excluded since, without a class, or of a class that one of the runs does not know'
    output.line(`\nLeft out: ${result.leftOut} ${result.leftOut === 1 ? 'photo' : 'photos'} ${kind}.`)
  }
}
