/** In which settings several runs differ, said in a sentence. */
import type { RunOverview } from '../../../shared/run.ts'
import {
  differs,
  settingsSideBySide,
  settingText,
  settingTitle,
  type SettingDifference,
} from '../../../shared/run-settings.ts'
import { listed, lowered } from '../../format.ts'
import { policyName, settingsOf } from './columns.ts'

export interface NamedDifference {
  title: string
  /** In the order of the runs. */
  values: string[]
}

export const sideBySide = (runs: readonly RunOverview[]): SettingDifference[] =>
  settingsSideBySide(runs.map(settingsOf))

const ofPolicy = (key: string): boolean => key.startsWith('augmentation.')

/** What differs; of policies their names stand for all of their settings. */
export function namedDifferences(runs: readonly RunOverview[]): NamedDifference[] {
  const found = sideBySide(runs).filter(differs)
  const others = found
    .filter(({ key }) => !ofPolicy(key))
    .map(({ key, values }) => ({ title: settingTitle(key), values: values.map(settingText) }))
  if (!found.some(({ key }) => ofPolicy(key))) return others
  return [{ title: 'Augmentation', values: runs.map((run) => policyName(run) ?? '–') }, ...others]
}

/** Whether all were trained on the same photos, labels and split; null where that is not known. */
export function onSameData(runs: readonly RunOverview[]): boolean | null {
  const data = runs.map(({ origin }) => origin?.fingerprint)
  return data.includes(undefined) ? null : data.every((each) => each === data[0])
}

const most = 4

/** "differ in augmentation and seed", said of runs that stand before it. */
export function differenceWords(differences: readonly NamedDifference[]): string {
  if (differences.length === 0) return 'have the same settings'
  const titles = differences.slice(0, most).map(({ title }) => lowered(title))
  const more = differences.length - titles.length
  const words = listed(more > 0 ? [...titles, `${more} more`] : titles)
  return differences.length === 1 ? `differ in ${words} only` : `differ in ${words}`
}

/** What is the same apart from the settings. */
export function sameWords(runs: readonly RunOverview[]): string {
  const same = onSameData(runs)
  if (same === null) return ''
  return same ? 'Same photos, labels and split.' : 'They were trained on different photos, labels or splits.'
}
