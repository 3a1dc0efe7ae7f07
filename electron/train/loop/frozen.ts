import {
  dropout,
  exportClassifier,
  linear,
  loadPretrained,
  providerOf,
  stream,
  TrainingSession,
  type Pass,
  type Tensor,
  type TestTime,
} from '../../engine/index.ts'
import { isMirrored, testTimeOf } from '../../../shared/policy.ts'
import { splits } from '../../../shared/project.ts'
import type { View } from '../../dataset/decoder-protocol.ts'
import type { Matrix } from '../../evaluate/matrix.ts'
import { openBackbone, type Backbone, type FeaturesByPhoto, type ViewOrder } from './backbone-features.ts'
import { noneReadable } from './divergence.ts'
import { createLearning } from './learning.ts'
import { classCounts } from './losses.ts'
import { takeProbe, type SeenPhotos } from './seen-photos.ts'
import type { TrainJobInput, TrainPhoto } from '../run/train-job.ts'
import { speedName, type SpeedName } from '../plan/speeds.ts'
import { sessionPlan } from './session-plan.ts'
import type { StepShape } from './step-shape.ts'
import type { LoopBatch } from './train-epoch.ts'
import { threadsOf } from '../settings/execution-of-settings.ts'
import { photosToProbe, type RunTools, type Trainer } from './trainer.ts'
import { hashOf } from '../weights/weights-hash.ts'

/** Learns the classifier alone, on features that the pretrained network computes once. */
export async function openFrozenTrainer(tools: RunTools): Promise<Trainer> {
  const { input, model, pipeline, context, progress } = tools
  const { settings, classes } = input
  const path = input.weights
  if (path === null) throw new Error('a frozen backbone was asked for without weights')
  const { state } = loadPretrained(model, path, settings.seed)
  const weightsHash = await hashOf(path)
  const classNames = classes.map(({ name }) => name)
  const speeds: Record<SpeedName, number> = {}

  await using backbone = await openBackbone({
    model,
    bytes: exportClassifier({ model, state, classNames }),
    weightsHash,
    session: { device: providerOf(input.device), ...threadsOf(settings) },
    directory: input.features,
    pipeline,
    context,
    progress,
  })
  const orders = viewOrders(input)
  const missing = backbone.missing(orders)
  progress.begin('features', missing === 0 ? 'All photos were looked at before' : 'Looking at the photos', missing)
  const began = performance.now()
  const seenViews = await backbone.see(orders)
  if (missing > 0) {
    speeds[speedName('features', model.name, settings.imageSize)] = (missing * 1000) / (performance.now() - began)
  }
  const rows = trainingRows(input, seenViews)
  if (rows.length === 0) throw noneReadable('training')
  const probe = await probeOf(tools, backbone)
  const judged = Object.fromEntries(
    splits.map((split) => [split, judgedFeatures(input.photos[split], seenViews, testTimeOf(settings.augmentation))]),
  ) as Record<(typeof splits)[number], Omit<SeenPhotos, 'logits'>>
  const { featureCount } = model
  const head = model.config.classifier
  const isHead = (name: string): boolean => name.startsWith(`${head}.`)
  const counts = classCounts(rows, classes.length)
  const logitsOf = async (session: TrainingSession, features: Matrix, averaged = false): Promise<Matrix> => ({
    rows: features.rows,
    columns: classes.length,
    data:
      features.rows === 0 ? new Float32Array(0) : await session.predict(features.data as Float32Array, { averaged }),
  })
  const learning = createLearning(tools, {
    samples: rows.length,
    weightsHash,
    open: (shape, execution) =>
      TrainingSession.create({
        ...sessionPlan(settings, shape, counts),
        model: (pass, batch) => headOf(pass, batch, head, settings.dropout, classes.length),
        inputShape: [featureCount],
        parameters: new Map([...state].filter(([name]) => isHead(name))),
        execution,
      }),
    batches: (shape, epoch, from) => featureBatches(rows, shape, featureCount, settings.seed, epoch, from),
    validate: async (session) => ({
      logits: await logitsOf(session, judged.validation.features, settings.ema > 0),
      labels: judged.validation.labels,
      photos: judged.validation.photos.map(({ id }) => id),
    }),
  })

  return {
    speeds,
    async learn() {
      const result = await learning.learn()
      speeds[speedName('head', model.name, 0)] = result.imagesPerSecond
      return result
    },
    searchRate: (told) => learning.searchRate(told),
    async complete(best) {
      const session = await learning.session()
      await session.writeState(new Map([...(await session.readState()), ...best]))
      const see = async (photos: Omit<SeenPhotos, 'logits'>) => ({
        ...photos,
        logits: await logitsOf(session, photos.features),
      })
      progress.begin('testing', 'Testing the best epoch', 0)
      return {
        state: new Map([...state, ...best]),
        seen: {
          train: await see(judged.train),
          validation: await see(judged.validation),
          test: await see(judged.test),
        },
        probe: { count: probe.count, images: probe.images, logits: await session.predict(probe.features) },
        weightsHash,
      }
    },
    [Symbol.asyncDispose]: () => learning[Symbol.asyncDispose](),
  }
}

/** The last layer of the model, by the names it has there. */
function headOf(pass: Pass, features: Tensor, name: string, dropped: number, classes: number): Tensor {
  const kept = dropout(pass, `${name} dropout`, features, dropped)
  const zero = { kind: 'constant', value: 0 } as const
  const weight = pass.parameter(`${name}.weight`, [classes, Number(features.shape[1])], zero)
  return linear(kept, weight, pass.parameter(`${name}.bias`, [classes], zero))
}

/** Every photo plain, then mirrored where that is learned from or judged by; training photos in augmented views besides. */
function viewOrders({ settings, photos }: TrainJobInput): ViewOrder[] {
  const { augmentation, extraViews, seed } = settings
  const plain: View = { kind: 'plain' }
  const mirrored: View = { kind: 'mirrored' }
  const judgedBy = testTimeOf(augmentation) === 'mirror' ? [plain, mirrored] : [plain]
  // Test-time augmentation does not move the draws: with it and without, these are the same views.
  const policy = { ...augmentation, testTime: undefined }
  const extra = Array.from({ length: extraViews }, (_, view): View => {
    return { kind: 'augmented', policy, seed, epoch: view + 1 }
  })
  return [
    { photos: photos.train, views: [...(isMirrored(augmentation) ? [plain, mirrored] : judgedBy), ...extra] },
    { photos: [...photos.validation, ...photos.test], views: judgedBy },
  ]
}

async function probeOf({ input, pipeline }: RunTools, backbone: Backbone) {
  const { count, images } = await takeProbe(pipeline, photosToProbe(input))
  const plain = await backbone.features(images, count)
  if (testTimeOf(input.settings.augmentation) === 'none') return { count, images, features: plain }
  const turned = await backbone.features(mirrorPlanes(images, input.settings.imageSize), count)
  return { count, images, features: meanOf(plain, turned) }
}

/** Rows of pixels from right to left. */
const mirrorPlanes = (images: Float32Array, side: number): Float32Array =>
  images.map((_, at) => images[at - (at % side) + side - 1 - (at % side)] as number)

/** As the graph of the finished model averages them (`poolViews`). */
const meanOf = (plain: Float32Array, mirror: Float32Array): Float32Array =>
  plain.map((value, at) => Math.fround(value + (mirror[at] as number)) * 0.5)

interface Row {
  readonly features: Float32Array
  readonly label: number
}

/** The mirror that only serves to judge photos is not learned from. */
function trainingRows({ photos, settings: { augmentation } }: TrainJobInput, seen: FeaturesByPhoto): Row[] {
  const left = testTimeOf(augmentation) === 'mirror' && !isMirrored(augmentation) ? 1 : null
  return photos.train.flatMap((photo) =>
    (seen.get(photo) ?? []).filter((_, place) => place !== left).map((features) => ({ features, label: photo.label })),
  )
}

/** Features by which photos are judged: of the plain view, which comes first in every order, or its mean with the mirror. */
function judgedFeatures(
  photos: readonly TrainPhoto[],
  seen: FeaturesByPhoto,
  testTime: TestTime,
): Omit<SeenPhotos, 'logits'> {
  const kept = photos.filter((photo) => seen.has(photo))
  const rows = kept.map((photo) => {
    const [plain, mirror] = seen.get(photo) as [Float32Array, Float32Array]
    return testTime === 'none' ? plain : meanOf(plain, mirror)
  })
  const columns = rows[0]?.length ?? 0
  const data = new Float32Array(rows.length * columns)
  rows.forEach((row, index) => data.set(row, index * columns))
  return {
    photos: kept,
    labels: Int32Array.from(kept, ({ label }) => label),
    features: { rows: rows.length, columns, data },
  }
}

/** The rest of an epoch over the rows in an order drawn by seed and epoch; full steps only. The arrays are used again. */
function* featureBatches(
  rows: readonly Row[],
  { batchSize, accumulation, stepsPerEpoch }: StepShape,
  columns: number,
  seed: number,
  epoch: number,
  from: number,
): Generator<LoopBatch> {
  const order = stream({ seed, epoch, purpose: 'order of the features' }).permutation(rows.length)
  const batch = { inputs: new Float32Array(batchSize * columns), labels: new Int32Array(batchSize) }
  for (let place = from; place < stepsPerEpoch * accumulation; place++) {
    for (let at = 0; at < batchSize; at++) {
      const { features, label } = rows[order[place * batchSize + at] as number] as Row
      batch.inputs.set(features, at * columns)
      batch.labels[at] = label
    }
    yield { ...batch, place }
  }
}
