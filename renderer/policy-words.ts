/** Policies in words. */
import type { Policy } from '../shared/policy.ts'
import type { Setting } from '../shared/setting.ts'
import { transforms, type TransformInfo } from '../shared/transforms.ts'
import { lowered } from './format.ts'

const number = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** "40 %", "15°", "1.33". */
export function settingText({ unit }: Pick<Setting, 'unit'>, value: number): string {
  if (unit === '%') return `${number.format(value * 100)} %`
  return `${number.format(value)}${unit ?? ''}`
}

/**
 * "Rotation 15° (30 %)": the strength where there is just one, the probability where it is not always done; "Test-time
 * augmentation: its mirror" where something is switched on within it.
 */
function transformText({ title, settings }: TransformInfo, values: Readonly<Record<string, number>>): string {
  const switched = settings.filter(({ name, kind }) => kind === 'switch' && values[name] === 1)
  if (switched.length > 0) return `${title}: ${switched.map(({ label }) => lowered(label)).join(', ')}`
  const strengths = settings.filter(({ name, kind }) => name !== 'probability' && kind !== 'switch')
  const [strength] = strengths
  const strong =
    strength !== undefined && strengths.length === 1 ? ` ${settingText(strength, values[strength.name] ?? 0)}` : ''
  const probability = values['probability'] ?? 1
  return `${title}${strong}${probability < 1 ? ` (${settingText({ unit: '%' }, probability)})` : ''}`
}

/** "Random crop, mirror (50 %), light and colour." */
export function policyText(policy: Policy): string {
  const parts = transforms.flatMap((transform) => {
    const values = policy[transform.name]
    return values === undefined ? [] : [transformText(transform, values)]
  })
  if (parts.length === 0) return 'Every photo is shown as it is.'
  const text = parts.map((part, index) =>
    index === 0 || /^[A-Z]{2}|[a-z][A-Z]|^Gauss/.test(part) ? part : lowered(part),
  )
  return `${text.join(', ')}.`
}
