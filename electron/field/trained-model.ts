import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { FleuronError } from '../../shared/errors.ts'
import type { Precision } from '../../shared/prediction.ts'
import type { InputSize } from '../dataset/decoder-protocol.ts'
import { classifierFormat, readMetadata, readModel } from '../engine/index.ts'
import type { RejectorThresholds } from '../evaluate/rejector.ts'
import { modelFiles, readModelCard, type ModelCard } from '../train/model/model-folder.ts'

/** A model folder that was found sound: all that is needed to classify photos with it. */
export interface TrainedModel {
  readonly directory: string
  readonly precision: Precision
  /** Of the file that computes at the precision that was asked for. */
  readonly path: string
  readonly card: ModelCard
  /** Names, in the order of the model's outputs. */
  readonly classes: readonly string[]
  readonly size: InputSize
  readonly thresholds: RejectorThresholds
  /** What was measured of the rejector. */
  readonly rejector: string
}

const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    context.addIssue({ code: 'custom', message: 'is no JSON' })
    return z.NEVER
  }
})
const side = z.int().min(1).max(4096)

/** What exportClassifier writes into the model file; all values are JSON but the format. */
const metadata = z.object({
  'fleuron.format': z.string(),
  'fleuron.classes': json.pipe(z.array(z.string()).min(1)),
  'fleuron.preprocessing': json.pipe(
    z
      .object({ resizeShorterSideTo: side, centerCrop: z.tuple([side, side]) })
      .refine(({ centerCrop: [height, width] }) => height === width, 'the input is no square')
      .refine(({ centerCrop, resizeShorterSideTo }) => resizeShorterSideTo >= centerCrop[0], 'the crop is too large'),
  ),
  'fleuron.rejector': json.pipe(
    z.object({
      thresholds: z.object({
        unknownBelow: z.number(),
        knownFrom: z.object({ score: z.number(), probability: z.number() }),
      }),
      sentence: z.string(),
    }),
  ),
})

/**
 * Reads what a model folder says about itself; the network is not loaded.
 *
 * @throws FleuronError 'not-found' when it is no model folder, 'unreadable' with what is wrong with it, 'not-ready' when
 *   it has no faster form and 'int8' was asked for
 */
export async function loadTrainedModel(directory: string, precision: Precision = 'fp32'): Promise<TrainedModel> {
  const card = readModelCard(directory)
  const file = modelFiles[precision === 'int8' ? 'faster' : 'model']
  if (precision === 'int8' && card.faster === undefined) throw noFaster(directory)
  const path = join(directory, file)
  const said = metadata.safeParse(await readDescription(directory, path))
  if (!said.success) throw damaged(directory, z.prettifyError(said.error))
  const format = said.data['fleuron.format']
  if (format !== classifierFormat) {
    throw new FleuronError(
      'unreadable',
      `The model in ${directory} was made by a newer Fleuron (format ${format}; this one reads ${classifierFormat}); update Fleuron to use it.`,
    )
  }
  const classes = said.data['fleuron.classes']
  const { centerCrop, resizeShorterSideTo } = said.data['fleuron.preprocessing']
  const { thresholds, sentence } = said.data['fleuron.rejector']
  if (card.classes.map(({ name }) => name).join('\n') !== classes.join('\n')) {
    throw damaged(directory, `${modelFiles.card} and ${file} name different classes.`)
  }
  const size = { imageSize: centerCrop[0], resizeTo: resizeShorterSideTo }
  return { directory, precision, path, card, classes, size, thresholds, rejector: sentence }
}

async function readDescription(directory: string, path: string): Promise<Record<string, string>> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new FleuronError(
      'not-found',
      `The file ${basename(path)} is missing in ${directory}, or may not be read; export the model again or choose another.`,
      { cause: error },
    )
  }
  try {
    return readMetadata(readModel(bytes))
  } catch (error) {
    throw damaged(directory, error instanceof Error ? error.message : String(error))
  }
}

const noFaster = (directory: string): FleuronError =>
  new FleuronError(
    'not-ready',
    `The model in ${directory} has no faster form; make it with "fleuron quantize --model ${directory}", or use --precision fp32.`,
  )

const damaged = (directory: string, details: string): FleuronError =>
  new FleuronError(
    'unreadable',
    `The model in ${directory} is damaged or was not made by Fleuron; export it again or choose another.`,
    { details },
  )
