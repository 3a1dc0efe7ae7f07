import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import type { FolderClassification } from '../../field/classify-folder.ts'
import type { Output } from '../output.ts'
import { classify, printClassification } from './classify.ts'
import { importFolder, printImport, type ImportResult } from './import.ts'
import { sample } from './sample.ts'
import { printTraining, train, type TrainResult } from './train.ts'

export interface DemoResult {
  directory: string
  import: ImportResult
  train: TrainResult
  field: FolderClassification
}

/** The whole loop on the built-in sample, in a folder of its own that is kept. */
export async function demo(output: Output): Promise<DemoResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fleuron-demo-'))
  const { flowers, field } = await sample({ to: join(directory, 'sample') })
  const project = join(directory, 'project')
  const imported = await importFolder(flowers, { project })
  printImport(output, imported)
  output.line('\nTraining a simple CNN from scratch')
  const trained = await train({ project, model: 'simple_cnn', set: [] })
  printTraining(output, trained)
  output.line('\nPictures of other things, which no class covers')
  const out = join(directory, 'predictions.csv')
  const classified = await classify(field, { model: trained.model, out })
  printClassification(output, classified)
  output.line(`\nEverything is in ${directory}:`)
  output.line(
    `  photos       ${flowers}\n  project      ${project}\n  model        ${trained.model}\n  predictions  ${out}`,
  )
  return { directory, import: imported, train: trained, field: classified }
}
