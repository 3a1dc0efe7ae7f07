import {
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { FleuronError } from '../../../shared/errors.ts'
import { splits } from '../../../shared/project.ts'
import { storedSettings } from '../../../shared/stored-settings.ts'
import { mlmodelFiles } from './mlmodel.ts'

/**
 * A trained model is a folder of a model and its card, perhaps of a faster form of the model, and of files that make it a
 * model of MLflow's (mlmodel.ts); the first runs in any ONNX Runtime without the others.
 */
export const modelFiles = { model: 'model.onnx', card: 'card.json', faster: 'model.int8.onnx' } as const

const share = z.number().min(0).max(1)
const count = z.int().min(0)

const splitMetrics = z.object({
  photos: count,
  correct: count,
  accuracy: share,
  /** Wilson score interval, 95 %. */
  interval: z.tuple([share, share]),
  /** Mean cross entropy at the calibrated temperature. */
  loss: z.number(),
})
export type SplitMetrics = z.infer<typeof splitMetrics>

/** How model.int8.onnx was made, and what was measured of it. */
const fasterCard = z.object({
  method: z.enum(['static', 'dynamic']),
  /** Of the weights: 7 where products of bytes would have overflowed on the computer that made it. */
  bits: z.union([z.literal(7), z.literal(8)]),
  /** Nodes with weights, and how many of them stayed in float32. */
  nodes: count,
  floats: count,
  /** So many times as many photos a second as model.onnx. */
  speed: z.number().positive(),
  /** That both were tried on, and the shares of them that each gets right. */
  photos: count,
  accuracy: share,
  fullAccuracy: share,
})
export type FasterCard = z.infer<typeof fasterCard>

/** What is known of a model: where it comes from, how it was made and how good it is. */
export const modelCard = z.object({
  format: z.literal('fleuron-model'),
  version: z.literal(1),
  run: z.object({ id: z.string(), number: z.int().min(1) }),
  /** Name in the registry of models. */
  model: z.string(),
  parameters: count,
  /** In the order of the model's outputs. */
  classes: z.array(z.object({ id: z.string(), name: z.string() })),
  data: z.object({
    project: z.string(),
    photos: z.record(z.enum(splits), count),
    perClass: z.array(z.object({ class: z.string(), photos: z.record(z.enum(splits), count) })),
    /** Hash over every photo's contents, class and split: equal fingerprints, equal data. */
    fingerprint: z.string(),
  }),
  settings: storedSettings,
  /** Of the pretrained weights; null when training began from scratch. */
  weights: z.object({ file: z.string(), hash: z.string() }).nullable(),
  bestEpoch: z.int().min(1),
  temperature: z.number().positive(),
  metrics: z.object({ validation: splitMetrics.nullable(), test: splitMetrics.nullable() }),
  /** Test photos by true and predicted class, in the order of `classes`. */
  testConfusion: z.array(z.array(count)).nullable(),
  rejector: z.object({
    sentence: z.string(),
    thresholds: z.object({
      unknownBelow: z.number(),
      knownFrom: z.object({ score: z.number(), probability: share }),
    }),
    measures: z.object({ validationPhotos: count, kept: share, known: share, knownRight: share }),
  }),
  faster: fasterCard.optional(),
  versions: z.object({ fleuron: z.string(), onnxruntime: z.string(), node: z.string() }),
  device: z.object({ name: z.string(), threads: count }),
  startedAt: z.string(),
  trainedAt: z.string(),
  seconds: z.number().min(0),
  /** That model.onnx told apart when it was made, the network alone: on the processor, with the run's threads. */
  photosPerSecond: z.number().positive().optional(),
})
export type ModelCard = z.infer<typeof modelCard>

function writeDurably(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'w')
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Makes the folder `directory` by letting `fill` write into a folder beside it, which takes its place when all is
 * there. Whatever goes wrong, half a folder never stands under the name.
 */
async function makeFolder(directory: string, fill: (unfinished: string) => Promise<void> | void): Promise<void> {
  const unfinished = `${directory}.unfinished-${process.pid}`
  try {
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { recursive: true })
    await fill(unfinished)
    rmSync(directory, { recursive: true, force: true })
    renameSync(unfinished, directory)
  } catch (error) {
    throw isFileError(error) ? cannotWrite(directory, error) : error
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error

function cannotWrite(directory: string, error: NodeJS.ErrnoException): FleuronError {
  const remedy =
    error.code === 'ENOSPC' ? 'the disk is full: make room and try again' : 'choose a folder that you may write to'
  return new FleuronError('not-permitted', `The model could not be written to ${directory}; ${remedy}.`, {
    details: error.message,
    cause: error,
  })
}

/**
 * Writes a model folder, whole or not at all. `check` looks at the file as it lies on the disk before the folder gets
 * its name: what it measures goes into the card, and what it throws, this throws.
 */
export async function writeModelFolder(
  directory: string,
  model: Uint8Array,
  card: ModelCard,
  check: (modelPath: string) => Promise<Pick<ModelCard, 'photosPerSecond'>>,
): Promise<void> {
  await makeFolder(directory, async (unfinished) => {
    const path = join(unfinished, modelFiles.model)
    writeDurably(path, model)
    const measured = await check(path)
    const classNames = card.classes.map(({ name }) => name)
    const texts = {
      [modelFiles.card]: cardText({ ...card, ...measured }),
      ...mlmodelFiles(model, { classNames, trainedAt: card.trainedAt }),
    }
    for (const [name, text] of Object.entries(texts)) writeDurably(join(unfinished, name), Buffer.from(text))
  })
}

/**
 * Puts the faster form of its model into a model folder, in place of one that is there. The card, which tells of it, is
 * written last.
 */
export function addFasterModel(directory: string, model: Uint8Array, faster: FasterCard): void {
  const card = modelCard.parse({ ...readModelCard(directory), faster })
  try {
    writeFileAtomic.sync(join(directory, modelFiles.faster), Buffer.from(model))
    writeFileAtomic.sync(join(directory, modelFiles.card), cardText(card))
  } catch (error) {
    throw isFileError(error) ? cannotWrite(directory, error) : error
  }
}

const cardText = (card: ModelCard): string => `${JSON.stringify(modelCard.parse(card), null, 2)}\n`

/** @throws FleuronError not-found when it is no model folder, unreadable when its card is damaged */
export function readModelCard(directory: string): ModelCard {
  let text: string
  try {
    text = readFileSync(join(directory, modelFiles.card), 'utf8')
  } catch (error) {
    throw new FleuronError(
      'not-found',
      `${directory} is no model folder; choose the folder that holds ${modelFiles.model} and ${modelFiles.card}.`,
      { cause: error },
    )
  }
  const parsed = modelCard.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  throw new FleuronError(
    'unreadable',
    `The card of the model in ${directory} is damaged; export the model again or choose another.`,
    { details: z.prettifyError(parsed.error) },
  )
}

/** Null where there is no folder, and where its card is gone or damaged. */
export function findModelCard(directory: string | null): ModelCard | null {
  if (directory === null) return null
  try {
    return readModelCard(directory)
  } catch (error) {
    if (error instanceof FleuronError) return null
    throw error
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Copies a model folder: to `to` itself when nothing is there, else to a new folder of the given name within it.
 * @returns where the copy is
 * @throws FleuronError conflict when a folder of that name is already there
 */
export async function copyModelFolder(from: string, to: string, name: string): Promise<string> {
  const directory = existsSync(to) ? join(to, name) : to
  if (existsSync(directory)) {
    throw new FleuronError('conflict', `${directory} is already there; choose another folder or move that one away.`)
  }
  await makeFolder(directory, (unfinished) => cpSync(from, unfinished, { recursive: true }))
  return directory
}
