import type { ModelDescription } from '../../../shared/training.ts'
import { withApplication } from '../connection.ts'
import type { Output } from '../output.ts'
import { table } from '../table.ts'

export const models = (): Promise<ModelDescription[]> => withApplication((services) => services.training.models())

const weightsText: Record<ModelDescription['weights'], string> = {
  'not-needed': 'not needed',
  'at-hand': 'on this computer',
  download: 'to be fetched',
  file: 'from a file of yours',
}

export function printModels(output: Output, list: ModelDescription[]): void {
  output.line(
    table(
      ['name', 'parameters', 'multiply-adds', 'input', 'modes', 'stages', 'weights'],
      list.map(({ name, parameters, macs, inputSize, modes, stages, weights }) => [
        name,
        `${(parameters / 1e6).toFixed(1)} M`,
        `${(macs / 1e9).toFixed(2)} G`,
        inputSize.join('×'),
        modes.join(', '),
        String(stages),
        weightsText[weights],
      ]),
    ),
  )
}
