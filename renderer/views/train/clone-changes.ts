/** In what the settings of a new run differ from those of the run that it repeats. */
import { numberFields } from '../../../shared/setting-fields.ts'
import {
  differs,
  flattenSettings,
  settingsSideBySide,
  settingText,
  settingTitle,
} from '../../../shared/run-settings.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { choiceFields } from './settings.ts'

export interface SettingChange {
  key: string
  title: string
  before: string
  after: string
}

const numbers: Readonly<Record<string, { label: string }>> = numberFields
const choices: Readonly<Record<string, string>> = choiceFields

/** As the form calls them; what one of the two has not got is a dash. */
export function changesOf(original: TrainSettings, settings: TrainSettings): SettingChange[] {
  return settingsSideBySide([flattenSettings(original), flattenSettings(settings)])
    .filter(differs)
    .map(({ key, values: [before, after] }) => ({
      key,
      title: numbers[key]?.label ?? choices[key] ?? settingTitle(key),
      before: settingText(before),
      after: settingText(after),
    }))
}
