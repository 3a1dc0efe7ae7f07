/** The columns that the table of runs can have: what of a run stands in them, is sorted, filtered, grouped and drawn. */
import { policy, presetOf } from '../../../shared/policy.ts'
import type { RunOverview } from '../../../shared/run.ts'
import { flattenSettings, settingText, settingTitle, type SettingValue } from '../../../shared/run-settings.ts'
import { policyText } from '../../policy-words.ts'
import { clock, count, day, decimal, duration } from '../../format.ts'

/** Undefined: the run does not have it. */
export type CellValue = string | number | undefined
export type ColumnFamily = 'Run' | 'Best epoch' | 'Reproduction' | 'Settings'

export interface RunColumn {
  key: string
  title: string
  family: ColumnFamily
  /** Its values are numbers: to the right, with a range to filter by. */
  numeric: boolean
  /** Pixels. */
  width: number
  value(run: RunOverview): CellValue
  /** As it is shown; nothing where there is no value. */
  text(run: RunOverview): string
}

/** Columns with which everyone begins. */
export const usualColumns: readonly string[] = [
  'run',
  'model',
  'policy',
  'bestEpoch',
  'accuracy',
  'interval',
  'loss',
  'gap',
  'words',
  'time',
  'started',
]

const share = (value: number | null | undefined): number | undefined =>
  value === null || value === undefined ? undefined : value * 100
const present = <Value>(value: Value | null | undefined): Value | undefined => value ?? undefined

/** Points of accuracy by which training is ahead of validation in the best epoch. */
export const gapOf = ({ best }: RunOverview): number | undefined =>
  best === null ? undefined : (best.trainAccuracy - best.validationAccuracy) * 100

const policyNames = new Map<string, string | undefined>()

/** "Standard", or what an own policy does, e.g. "Random crop, mirror (50 %)". Many runs share a few policies. */
export function policyName({ settings }: RunOverview): string | undefined {
  const stored = JSON.stringify(settings['augmentation'])
  if (!policyNames.has(stored)) {
    const { success, data } = policy.safeParse(settings['augmentation'])
    const name = success ? (presetOf(data)?.title ?? policyText(data).replace(/\.$/, '')) : undefined
    policyNames.set(stored, name)
  }
  return policyNames.get(stored)
}

const when = (iso: string): string => (day(iso) === 'today' ? `today ${clock(iso)}` : day(iso))
const signed = (value: number): string => value.toFixed(1).replace('-', '−')

type Given = Pick<RunColumn, 'key' | 'title' | 'width'> & { value(run: RunOverview): CellValue }

const words = (family: ColumnFamily, given: Given, text?: (run: RunOverview) => string): RunColumn => ({
  ...given,
  family,
  numeric: false,
  text: text ?? ((run) => String(given.value(run) ?? '')),
})
const numbers = (family: ColumnFamily, given: Given, said: (value: number) => string): RunColumn => ({
  ...given,
  family,
  numeric: true,
  text: (run) => {
    const value = given.value(run)
    return typeof value === 'number' ? said(value) : ''
  },
})
/** Whole minutes from the first on: a column is no stopwatch. */
const briefly = (seconds: number): string => duration(seconds < 60 ? seconds : Math.round(seconds / 60) * 60)
const oneDecimal = (value: number): string => value.toFixed(1)

/** @param modelName what a run's model is called, e.g. "ViT-Tiny, frozen backbone" */
export function fixedColumns(modelName: (run: RunOverview) => string): RunColumn[] {
  return [
    numbers('Run', { key: 'run', title: 'Run', width: 64, value: (run) => run.number }, count),
    words('Run', { key: 'model', title: 'Model', width: 182, value: modelName }),
    words('Run', { key: 'policy', title: 'Augmentation', width: 104, value: policyName }),
    numbers(
      'Best epoch',
      { key: 'bestEpoch', title: 'Best epoch', width: 84, value: (run) => present(run.bestEpoch) },
      String,
    ),
    numbers(
      'Best epoch',
      { key: 'accuracy', title: 'Accuracy %', width: 84, value: (run) => share(run.validationAccuracy) },
      oneDecimal,
    ),
    numbers(
      'Best epoch',
      { key: 'interval', title: '95 % interval', width: 104, value: (run) => share(run.validationAccuracy) },
      oneDecimal,
    ),
    numbers(
      'Best epoch',
      { key: 'loss', title: 'Loss', width: 60, value: (run) => present(run.validationLoss) },
      decimal,
    ),
    numbers('Best epoch', { key: 'gap', title: 'Gap, points', width: 80, value: gapOf }, signed),
    words('Best epoch', { key: 'words', title: 'In words', width: 190, value: (run) => run.state }),
    words('Run', { key: 'state', title: 'State', width: 88, value: (run) => run.state }),
    numbers('Run', { key: 'time', title: 'Time', width: 84, value: (run) => present(run.seconds) }, briefly),
    words('Run', { key: 'started', title: 'Started', width: 96, value: (run) => run.startedAt }, (run) =>
      when(run.startedAt),
    ),
    words('Run', { key: 'study', title: 'Study', width: 130, value: (run) => run.study?.name }),
    words('Run', { key: 'tags', title: 'Tags', width: 120, value: (run) => run.tags.join(', ') || undefined }),
    words('Run', { key: 'notes', title: 'Notes', width: 180, value: (run) => run.notes || undefined }),
    numbers(
      'Best epoch',
      {
        key: 'trainAccuracy',
        title: 'Training accuracy %',
        width: 132,
        value: (run) => share(run.best?.trainAccuracy),
      },
      oneDecimal,
    ),
    numbers(
      'Best epoch',
      { key: 'trainLoss', title: 'Training loss', width: 100, value: (run) => present(run.best?.trainLoss) },
      decimal,
    ),
    numbers(
      'Best epoch',
      { key: 'testAccuracy', title: 'Test accuracy %', width: 112, value: (run) => share(run.testAccuracy) },
      oneDecimal,
    ),
    numbers(
      'Best epoch',
      { key: 'macroF1', title: 'Macro F1 %', width: 92, value: (run) => share(run.best?.validationMacroF1) },
      oneDecimal,
    ),
    numbers(
      'Best epoch',
      { key: 'gradientNorm', title: 'Gradient norm', width: 108, value: (run) => present(run.best?.gradientNorm) },
      decimal,
    ),
    numbers(
      'Best epoch',
      { key: 'speed', title: 'Images/s', width: 80, value: (run) => present(run.best?.imagesPerSecond) },
      count,
    ),
    numbers(
      'Reproduction',
      { key: 'photos', title: 'Training photos', width: 112, value: (run) => run.photos.train },
      count,
    ),
    words('Reproduction', {
      key: 'data',
      title: 'Data version',
      width: 100,
      value: (run) => run.origin?.fingerprint.slice(0, 8),
    }),
    words('Reproduction', { key: 'version', title: 'Code version', width: 132, value: (run) => run.origin?.version }),
    words('Reproduction', { key: 'device', title: 'Device', width: 180, value: (run) => run.origin?.device.name }),
  ]
}

/** Model, mode and the policy's preset have columns of their own; the version of a policy's form says nothing. */
const shownElsewhere = new Set(['model', 'mode', 'augmentation.version'])

const flat = new WeakMap<object, Record<string, SettingValue>>()
/** Settings of a run by dotted key; flattened once. */
export function settingsOf({ settings }: RunOverview): Record<string, SettingValue> {
  let known = flat.get(settings)
  if (known === undefined) flat.set(settings, (known = flattenSettings(settings)))
  return known
}

/** A column for every setting that any of these runs has. */
export function settingColumns(runs: readonly RunOverview[]): RunColumn[] {
  const kinds = new Map<string, boolean>()
  for (const run of runs) {
    for (const [key, value] of Object.entries(settingsOf(run))) {
      if (!shownElsewhere.has(key)) kinds.set(key, (kinds.get(key) ?? true) && typeof value === 'number')
    }
  }
  return [...kinds].map(([key, numeric]) => {
    const given = (run: RunOverview): SettingValue => settingsOf(run)[key] ?? null
    return {
      key: `settings.${key}`,
      title: settingTitle(key),
      family: 'Settings',
      numeric,
      width: Math.min(200, Math.max(72, 24 + settingTitle(key).length * 7)),
      value: (run) => {
        const value = given(run)
        if (value === null) return undefined
        return typeof value === 'number' ? value : settingText(value)
      },
      text: (run) => (given(run) === null ? '' : settingText(given(run))),
    }
  })
}
