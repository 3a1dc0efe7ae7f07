import { resolve } from 'node:path'
import type { Precision } from '../../../shared/prediction.ts'
import { evaluateFolder, type FolderEvaluation } from '../../field/evaluate-folder.ts'
import { withCompute } from '../compute.ts'
import { showProgress } from '../progress.ts'
import { confusionTable, percent, table } from '../table.ts'
import type { Output } from '../output.ts'

export async function evaluate(
  folder: string,
  options: { model: string; precision?: Precision },
): Promise<FolderEvaluation> {
  const progress = showProgress()
  return withCompute((compute, signal) =>
    evaluateFolder({
      modelDirectory: resolve(options.model),
      precision: options.precision,
      folder: resolve(folder),
      compute,
      signal,
      onProgress: (done, total) => progress.update('Classifying', done, total, 'photos'),
    }),
  ).finally(() => progress.end())
}

export function printEvaluation(output: Output, result: FolderEvaluation): void {
  result.warnings.forEach(output.warn)
  const [low, high] = result.interval
  output.line(`Accuracy ${percent(result.accuracy)} (${percent(low)} to ${percent(high)}) of ${result.photos} photos\n`)
  output.line(confusionTable(result.classes, result.confusion))
  output.line('')
  output.line(
    table(
      ['class', 'precision', 'recall', 'F1', 'photos'],
      result.perClass.map((row) => [
        row.name,
        ...[row.precision, row.recall, row.f1].map((share) => (share === null ? '–' : percent(share))),
        row.support,
      ]),
    ),
  )
  for (const { path, reason } of result.unreadable) output.line(`  could not be read: ${path}: ${reason}`)
}
