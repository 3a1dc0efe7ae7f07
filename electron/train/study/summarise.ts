import type { Spread, Study, StudyRun, StudySpec, VariantSummary } from '../../../shared/study.ts'
import { meanInterval } from '../../evaluate/student-t.ts'

type Figure =
  'trainAccuracy' | 'validationAccuracy' | 'testAccuracy' | 'calibrationError' | 'seconds' | 'photosPerSecond'

const spread = (values: readonly number[]): Spread | null => (values.length === 0 ? null : meanInterval(values))

/** Each variant over its seeds; runs that were stopped early or failed do not count. */
export function summariseVariants({ variants }: StudySpec, runs: readonly StudyRun[]): VariantSummary[] {
  return variants.map(({ name, model, mode }, place) => {
    const own = runs.filter(({ variant, state }) => variant === place && state === 'done')
    const figures = (figure: Figure): number[] => own.flatMap((run) => run[figure] ?? [])
    return {
      name,
      model,
      mode,
      runs: own.length,
      train: spread(figures('trainAccuracy')),
      validation: spread(figures('validationAccuracy')),
      test: spread(figures('testAccuracy')),
      gap: spread(
        own.flatMap(({ trainAccuracy: a, validationAccuracy: b }) => (a === null || b === null ? [] : a - b)),
      ),
      calibrationError: spread(figures('calibrationError')),
      seconds: spread(figures('seconds')),
      photosPerSecond: spread(figures('photosPerSecond')),
      modelBytes: own.find((run) => run.modelBytes !== null)?.modelBytes ?? null,
    }
  })
}

/** Calibration error, seconds of a training, photos a second and size, as tables tell them. */
export const figureCells = ({ calibrationError, seconds, photosPerSecond, modelBytes }: VariantSummary): string[] => [
  calibrationError?.mean.toFixed(3) ?? '–',
  seconds?.mean.toFixed(0) ?? '–',
  photosPerSecond === null ? '–' : String(Number(photosPerSecond.mean.toPrecision(3))),
  modelBytes === null ? '–' : `${(modelBytes / 1e6).toFixed(1)} MB`,
]

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const points = (share: number): string => `${(Math.abs(share) * 100).toFixed(1)} points`

/** Training accuracy that is this much above that on validation photos is learning by heart. */
const muchGap = 0.1

/**
 * What to choose, in words, and how sure that is: variants are compared seed by seed, because the same seed gives both
 * the same photos, order and start. Null while fewer than two variants have a model.
 */
export function studySentence(study: Pick<Study, 'spec' | 'runs'>): string | null {
  const summary = summariseVariants(study.spec, study.runs)
  const known = summary.flatMap((variant, place) => (variant.validation === null ? [] : [{ ...variant, place }]))
  const ranked = known.sort((a, b) => (b.validation?.mean ?? 0) - (a.validation?.mean ?? 0))
  const [best, second] = ranked
  if (!best?.validation || !second?.validation) return null
  const lead = compare(study.runs, best.place, second.place)
  const choice = `${capital(best.name)} is right most often: ${percent(best.validation.mean)} of the validation photos`
  const sure =
    lead.interval === null
      ? `, ${points(lead.mean)} more than ${second.name}; a single seed does not tell whether that is chance.`
      : lead.interval[0] > 0
        ? `, ${points(lead.mean)} more than ${second.name}, more than the seeds make.`
        : `, but ${second.name} is not clearly worse: the difference of ${points(lead.mean)} lies within what seeds make.`
  return [choice + sure, fitSentence(study, summary)].filter((part) => part !== null).join(' ')
}

/** Difference in validation accuracy over the seeds that both have. */
function compare(runs: readonly StudyRun[], one: number, other: number): Spread {
  const accuracy = (variant: number): Map<number, number> =>
    new Map(
      runs.flatMap((run) =>
        run.variant === variant && run.state === 'done' && run.validationAccuracy !== null
          ? [[run.seed, run.validationAccuracy] as const]
          : [],
      ),
    )
  const others = accuracy(other)
  const differences = [...accuracy(one)].flatMap(([seed, value]) => {
    const peer = others.get(seed)
    return peer === undefined ? [] : [value - peer]
  })
  return differences.length > 0 ? meanInterval(differences) : { mean: 0, interval: null }
}

/** Which policies leave a model learning by heart, and which keep it from learning. */
function fitSentence({ spec, runs }: Pick<Study, 'spec' | 'runs'>, summary: readonly VariantSummary[]): string | null {
  if (spec.kind !== 'augmentation') return null
  const [plain] = summary
  if (!plain?.train || !plain.validation || !plain.gap) return null
  const gap = plain.gap.mean
  const tighter = summary.filter(({ gap: own }) => own !== null && own.mean < gap / 2).map(({ name }) => name)
  const learnedAll = plain.train.mean
  const starved = summary
    .filter(({ train, validation }, place) => {
      if (train === null || validation === null || train.mean >= learnedAll - muchGap) return false
      const { mean, interval } = compare(runs, place, 0)
      return interval === null ? mean < 0 : interval[1] < 0
    })
    .map(({ name }) => name)
  const first =
    gap > muchGap
      ? `Without augmentation the model overfits: ${percent(plain.train.mean)} of the training photos against ${percent(plain.validation.mean)}${tighter.length > 0 ? `; ${listed(tighter)} at least ${tighter.length === 1 ? 'halves' : 'halve'} that gap` : ''}.`
      : `Even without augmentation the model hardly overfits: ${points(gap)} between training and validation.`
  const last =
    starved.length > 0
      ? ` ${capital(listed(starved))} ${starved.length === 1 ? 'makes' : 'make'} it underfit: too hard for this model in this many epochs.`
      : ''
  return first + last
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
