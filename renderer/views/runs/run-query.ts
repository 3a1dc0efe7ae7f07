/**
 * What is typed into "Find runs": words that stand anywhere in a run, and comparisons such as `accuracy>90`, `seed=1`,
 * `model=vit` or `settings.learningRate<0.01`, all of which must hold. A value with spaces stands in quotes.
 */
import type { RunOverview } from '../../../shared/run.ts'
import { settingText } from '../../../shared/run-settings.ts'
import { settingsOf, type RunColumn } from './columns.ts'

type Operator = '=' | '!=' | '>' | '>=' | '<' | '<='
type Condition = (run: RunOverview) => boolean

const parts = (text: string): string[] => text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []
const plain = (text: string): string => text.replaceAll('"', '').toLowerCase()

/** A column by its key, or a setting by its last part: "learningRate" for "settings.learningRate". */
const findColumn = (columns: readonly RunColumn[], name: string): RunColumn | undefined =>
  columns.find(({ key }) => key.toLowerCase() === name) ??
  columns.find(({ key }) => key.toLowerCase() === `settings.${name}`) ??
  columns.find(({ key }) => key.startsWith('settings.') && key.toLowerCase().endsWith(`.${name}`))

function compares(column: RunColumn, operator: Operator, wanted: string): Condition {
  const number = Number(wanted)
  return (run) => {
    const value = column.value(run)
    if (value === undefined) return operator === '!='
    if (typeof value === 'number' && !Number.isNaN(number)) {
      switch (operator) {
        case '=':
          return value === number
        case '!=':
          return value !== number
        case '>':
          return value > number
        case '>=':
          return value >= number
        case '<':
          return value < number
        case '<=':
          return value <= number
      }
    }
    const has = String(value).toLowerCase().includes(wanted)
    return operator === '!=' ? !has : operator === '=' && has
  }
}

const texts = new WeakMap<RunOverview, string>()
/** Everything of a run that words are looked for in. */
function textOf(run: RunOverview, columns: readonly RunColumn[]): string {
  let known = texts.get(run)
  if (known === undefined) {
    const shown = columns.filter(({ family }) => family === 'Run').map((column) => column.text(run))
    const settings = Object.values(settingsOf(run)).map(settingText)
    texts.set(run, (known = [...shown, ...settings].join('\n').toLowerCase()))
  }
  return known
}

/** Whether a run is meant by the text. */
export function runQuery(text: string, columns: readonly RunColumn[]): Condition {
  const conditions = parts(text).map((part): Condition => {
    const [, name, operator, wanted] = /^([\w.]+)(!=|>=|<=|=|>|<)(.+)$/.exec(part) ?? []
    const column = name === undefined ? undefined : findColumn(columns, name.toLowerCase())
    if (column !== undefined && wanted !== undefined) return compares(column, operator as Operator, plain(wanted))
    return (run) => textOf(run, columns).includes(plain(part))
  })
  return (run) => conditions.every((holds) => holds(run))
}
