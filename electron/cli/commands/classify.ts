import { resolve } from 'node:path'
import type { Decision, Precision } from '../../../shared/prediction.ts'
import { classifyFolder, type FolderClassification } from '../../field/classify-folder.ts'
import { predictionsCsv } from '../../field/predictions-csv.ts'
import { withCompute } from '../compute.ts'
import { showProgress } from '../progress.ts'
import { checkTextFile, writeTextFile } from '../text-file.ts'
import { table } from '../table.ts'
import type { Output } from '../output.ts'

export async function classify(
  folder: string,
  options: { model: string; precision?: Precision; out?: string },
): Promise<FolderClassification> {
  const out = options.out === undefined ? null : resolve(options.out)
  if (out !== null) await checkTextFile(out)
  const progress = showProgress()
  const result = await withCompute((compute, signal) =>
    classifyFolder({
      modelDirectory: resolve(options.model),
      precision: options.precision,
      folder: resolve(folder),
      compute,
      signal,
      onProgress: (done, total) => progress.update('Classifying', done, total, 'photos'),
    }),
  ).finally(() => progress.end())
  if (out !== null) await writeTextFile(out, predictionsCsv(result.photos))
  return result
}

export function printClassification(output: Output, result: FolderClassification): void {
  result.warnings.forEach(output.warn)
  output.line(
    table(
      ['photo', 'what'],
      result.photos.map(({ path, sentence }) => [path, sentence]),
    ),
  )
  const count = (decision: Decision) => result.photos.filter((photo) => photo.decision === decision).length
  output.line(
    `\n${count('known')} known, ${count('unsure')} unsure, ${count('unknown')} unknown, in ${result.seconds.toFixed(1)} s`,
  )
  for (const { path, reason } of result.unreadable) output.line(`  could not be read: ${path}: ${reason}`)
}
