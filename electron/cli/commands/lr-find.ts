import type { RateSearch } from '../../../shared/training.ts'
import { finished, withProject } from '../connection.ts'
import type { Output } from '../output.ts'
import { table } from '../table.ts'
import { chosenSettings, type TrainOptions } from './train.ts'

export interface RateResult extends RateSearch {
  model: string
  mode: string
  /** What Fleuron suggests: the valley's rate, as fastai does; null when the loss never fell. */
  suggestion: number | null
}

export const findRate = (options: TrainOptions): Promise<RateResult> =>
  withProject(options.project, async (services) => {
    const settings = await chosenSettings(services, options)
    const { task } = await services.training.findRate({ settings })
    await finished(services, task)
    const search = await services.training.rateSearch({ task })
    return { model: settings.model, mode: settings.mode, suggestion: search.valley, ...search }
  })

const said = (rate: number | null): string => (rate === null ? 'none' : rate.toExponential(1))

export function printRates(output: Output, { points, suggestion, steepest }: RateResult): void {
  const shown = points.filter((_, index) => index % 5 === 0)
  output.line(
    table(
      ['rate', 'loss'],
      shown.map(({ rate, loss }) => [said(rate), loss.toFixed(4)]),
    ),
  )
  output.line(`\nSuggested learning rate: ${said(suggestion)} (where the loss falls most steeply: ${said(steepest)})`)
}
