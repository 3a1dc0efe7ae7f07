/** What is told of a study on the run under which its runs stand, in MLflow's words. */
import { mean } from '../../shared/mean.ts'
import type { Spread, Study } from '../../shared/study.ts'
import type { RunRecord } from '../../shared/training.ts'
import { figureCells } from '../train/study/summarise.ts'
import type { Metric, Pair } from './mlflow.ts'
import { endOf, paramsOf } from './run-content.ts'

/** What was asked: the seeds, what all variants share by its name, and what was varied with its values. */
export function studyParams({ spec }: Study): Pair[] {
  const ways = spec.variants.map(({ model, mode, set }) => ({ model, mode, ...set }))
  const keys = [...new Set(ways.flatMap((way) => Object.keys(way)))]
  const settings = keys.map((key) => {
    const values = [...new Set(ways.map((way) => String((way as Record<string, unknown>)[key] ?? 'default')))]
    return [values.length > 1 ? `varied/${key}` : key, values.join(', ')]
  })
  return paramsOf({
    study: spec.kind,
    variants: spec.variants.length,
    seeds: spec.seeds.join(', '),
    runs: spec.variants.length * spec.seeds.length,
    maximumRuns: spec.maximumRuns ?? null,
    maximumHours: spec.maximumHours ?? null,
    stopHopeless: spec.stopHopeless,
    ...Object.fromEntries(settings),
  })
}

/**
 * What the study had come to when a run of it had ended: the best of all, and of the run's variant the best and the mean
 * over its seeds. The runs that came to a model until then are the step, so that the same run says the same whenever it
 * is asked.
 * @param numberOf number of a run by its id
 */
export function studyMetrics({ spec, runs }: Study, record: RunRecord, numberOf: (run: string) => number): Metric[] {
  const until = runs.filter(({ run, state }) => state === 'done' && run !== null && numberOf(run) <= record.number)
  const own = until.find(({ run }) => run === record.id)
  if (own === undefined) return []
  const variant = spec.variants[own.variant]?.name.replace(/[^\w\-. ]/g, '_').slice(0, 200) ?? ''
  const seeds = until.filter((run) => run.variant === own.variant)
  const figures = (['validationAccuracy', 'testAccuracy', 'trainAccuracy'] as const).flatMap((figure) => {
    const [all, ofVariant] = [until, seeds].map((some) => some.flatMap((run) => run[figure] ?? [])) as [
      number[],
      number[],
    ]
    if (all.length === 0 || ofVariant.length === 0) return []
    const key = { validationAccuracy: 'validation', testAccuracy: 'test', trainAccuracy: 'train' }[figure]
    return [
      [`best_${key}_accuracy`, Math.max(...all), until.length],
      [`best_${key}_accuracy/${variant}`, Math.max(...ofVariant), seeds.length],
      [`mean_${key}_accuracy/${variant}`, mean(ofVariant), seeds.length],
    ] as const
  })
  const timestamp = endOf(record)
  return [['runs_done', until.length, until.length] as const, ...figures].map(([key, value, step]) => ({
    key,
    value,
    timestamp,
    step,
  }))
}

const share = (spread: Spread | null): string => {
  if (spread === null) return '–'
  const range = spread.interval?.map((value) => (100 * value).toFixed(1)).join(' to ')
  return `${(100 * spread.mean).toFixed(1)} %${range === undefined ? '' : ` (${range})`}`
}
const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The study as it stands, for people and for programs. */
export function studyFiles({ spec, runs, summary, sentence }: Study): { path: string; text: string }[] {
  const table = [
    '| Way of training | Runs | Training | Validation | Test | Calibration error | Seconds | Photos/s | Size |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...summary.map((variant) => {
      const cells = [
        cell(variant.name),
        variant.runs,
        share(variant.train),
        share(variant.validation),
        share(variant.test),
        ...figureCells(variant),
      ]
      return `| ${cells.join(' | ')} |`
    }),
  ].join('\n')
  const words = `# ${spec.name}\n\n${sentence ?? 'Nothing can be said before two ways of training have a model.'}\n\nAccuracy: mean over the seeds, with its 95 % interval.\n\n${table}\n`
  return [
    { path: 'study.md', text: words },
    { path: 'study.json', text: `${JSON.stringify({ spec, sentence, summary, runs }, null, 2)}\n` },
  ]
}
