import { basename, join } from 'node:path'
import { FleuronError, type ErrorValue } from '../../../shared/errors.ts'
import { testTimeOf } from '../../../shared/policy.ts'
import { splits, type Split } from '../../../shared/project.ts'
import { exportClassifier, openSession, parameterCount, runtimeVersion } from '../../engine/index.ts'
import { fitTemperature } from '../../evaluate/calibration.ts'
import { row, type Matrix } from '../../evaluate/matrix.ts'
import { mostProbable, reportPredictions, type PredictionReport } from '../../evaluate/prediction-report.ts'
import { fitRejector, rejectorScores, type Rejector } from '../../evaluate/rejector.ts'
import { softmax } from '../../evaluate/softmax.ts'
import { thisDevice } from '../device.ts'
import { makeFasterModel } from '../model/faster-model.ts'
import { writeModelFolder, type ModelCard, type SplitMetrics } from '../model/model-folder.ts'
import type { Probe, SeenPhotos } from '../loop/seen-photos.ts'
import { threadsOf } from '../settings/execution-of-settings.ts'
import type { SavedPrediction, TrainJobInput, TrainJobResult } from './train-job.ts'
import type { RunTools, TrainedModel } from '../loop/trainer.ts'

/** How training came to its end. */
export interface Outcome {
  readonly bestEpoch: number
  readonly ended: TrainJobResult['state']
  readonly error: ErrorValue | null
}

/** Calibrates, fits the rejector, tests, and writes the model folder: what a trained model still needs to be used. */
export async function finishRun(
  tools: RunTools,
  trained: TrainedModel,
  outcome: Outcome,
): Promise<Omit<TrainJobResult, 'speeds'>> {
  const { input, model, progress, context } = tools
  const { seen } = trained
  progress.begin('saving', 'Saving the model', 0)
  await context.breathe()
  const temperature = fitTemperature(seen.validation.logits, seen.validation.labels)
  const probabilities = {
    train: softmax(seen.train.logits, temperature),
    validation: softmax(seen.validation.logits, temperature),
    test: softmax(seen.test.logits, temperature),
  }
  const rejector = fitRejector({
    training: seen.train.features,
    trainingLabels: seen.train.labels,
    validation: seen.validation.features,
    validationLabels: seen.validation.labels,
    validationProbabilities: probabilities.validation,
  })
  await context.breathe()

  const validation = reportOf(input, seen.validation, probabilities.validation)
  const test = reportOf(input, seen.test, probabilities.test)
  const classNames = input.classes.map(({ name }) => name)
  const { thresholds, measures, sentence } = rejector
  const bytes = exportClassifier({
    model,
    state: trained.state,
    classNames,
    temperature,
    testTime: testTimeOf(input.settings.augmentation),
    rejector: rejector.tensors,
    metadata: { rejector: { thresholds, measures, sentence } },
  })
  const card: ModelCard = {
    format: 'fleuron-model',
    version: 1,
    run: input.run,
    model: model.name,
    parameters: parameterCount(model),
    classes: [...input.classes],
    data: {
      project: input.project,
      photos: countBySplit(input, () => true),
      perClass: classNames.map((name, label) => ({
        class: name,
        photos: countBySplit(input, (photo) => photo.label === label),
      })),
      fingerprint: input.fingerprint,
    },
    settings: input.settings,
    weights:
      input.weights === null || trained.weightsHash === null
        ? null
        : { file: basename(input.weights), hash: trained.weightsHash },
    bestEpoch: outcome.bestEpoch,
    temperature,
    metrics: { validation: metricsOf(validation), test: metricsOf(test) },
    testConfusion: test.photos === 0 ? null : test.confusion,
    rejector: { sentence, thresholds, measures },
    versions: { fleuron: input.version, onnxruntime: await runtimeVersion(), node: process.versions.node },
    device: thisDevice(input.device, input.settings),
    startedAt: input.startedAt,
    trainedAt: new Date().toISOString(),
    seconds: progress.seconds() + input.secondsBefore,
  }
  const modelDirectory = join(input.directory, 'model')
  const check = (path: string) => tryModel(path, trained.probe, model.inputSize[0], threadsOf(input.settings))
  await writeModelFolder(modelDirectory, bytes, card, check)
  await offerFaster(tools, modelDirectory, seen.validation)

  return {
    state: outcome.ended,
    error: outcome.error,
    bestEpoch: outcome.bestEpoch,
    validation: metricsOf(validation),
    test: metricsOf(test),
    predictions: splits.flatMap((split) => predictionsOf(split, seen[split], probabilities[split], rejector)),
    modelDirectory,
    device: input.device,
    made: { versions: card.versions, device: card.device, weights: card.weights },
  }
}

/** The model is trained and kept: whatever hinders its faster form, a wish to stop included, leaves that out alone. */
async function offerFaster(
  { model, pipeline, context, progress }: RunTools,
  directory: string,
  { photos, logits }: SeenPhotos,
): Promise<void> {
  progress.begin('saving', 'Making a faster form of the model', 0)
  const answers = new Map(photos.map(({ id, label }, index) => [id, mostProbable(row(logits, index)) === label]))
  try {
    await makeFasterModel({ directory, photos, answers, pipeline, imageSize: model.inputSize[0], context })
  } catch {
    // `fleuron quantize` makes it later, and says what is wrong.
  }
}

const countBySplit = (
  { photos }: TrainJobInput,
  counts: (photo: TrainJobInput['photos'][Split][number]) => boolean,
): Record<Split, number> => ({
  train: photos.train.filter(counts).length,
  validation: photos.validation.filter(counts).length,
  test: photos.test.filter(counts).length,
})

function reportOf({ classes }: TrainJobInput, { labels }: SeenPhotos, probabilities: Matrix): PredictionReport {
  const predictions = Array.from(labels, (label, index) => ({ label, probabilities: row(probabilities, index) }))
  return reportPredictions(predictions, classes)
}

const metricsOf = ({ photos, correct, accuracy, interval, loss }: PredictionReport): SplitMetrics | null =>
  photos === 0 ? null : { photos, correct, accuracy, interval, loss }

function predictionsOf(split: Split, seen: SeenPhotos, probabilities: Matrix, rejector: Rejector): SavedPrediction[] {
  const scores = rejectorScores(rejector.tensors, seen.features)
  return seen.photos.map(({ id, label }, index) => ({
    photo: id,
    split,
    label,
    probabilities: Float32Array.from(row(probabilities, index)),
    score: scores[index] as number,
  }))
}

/** Logits may differ by rounding: the file is compiled for inference, with its constants folded. */
const tolerance = 1e-3
/** The quickest tells what the computer can do: other programs only slow it down. */
const timedTurns = 3

/**
 * Asks the file what the session was asked, and how fast it answers.
 * @throws FleuronError internal when the file computes something else than the session that trained it
 */
async function tryModel(
  path: string,
  { count, images, logits }: Probe,
  side: number,
  threads: ReturnType<typeof threadsOf>,
): Promise<Pick<ModelCard, 'photosPerSecond'>> {
  const session = await openSession(path, threads)
  const look = () => session.run({ image: { data: images, shape: [count, 3, side, side] } })
  try {
    const outputs = await look()
    const written = outputs['logits']?.data as Float32Array
    const scale = logits.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1)
    const difference = logits.reduce(
      (largest, value, index) => Math.max(largest, Math.abs(value - (written[index] ?? Number.NaN))),
      0,
    )
    if (written.length !== logits.length || !(difference <= tolerance * scale)) {
      throw new FleuronError(
        'internal',
        'The saved model does not compute what was trained, so it was not kept; train again, and report it if it comes back.',
        { details: `Logits differ by ${difference}, at a scale of ${scale}, on ${count} photos.` },
      )
    }
    const times: number[] = []
    for (let turn = 0; turn < timedTurns; turn++) {
      const began = performance.now()
      await look()
      times.push(performance.now() - began)
    }
    return { photosPerSecond: (count * 1000) / Math.min(...times) }
  } finally {
    await session.close()
  }
}
