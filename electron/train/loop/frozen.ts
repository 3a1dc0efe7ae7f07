import {
  dropout,
  exportClassifier,
  linear,
  loadPretrained,
  stream,
  TrainingSession,
  type Pass,
  type Tensor,
} from '../../engine/index.ts'
import { isMirrored } from '../../../shared/policy.ts'
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
    device: input.device,
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
  const plain = Object.fromEntries(
    splits.map((split) => [split, plainFeatures(input.photos[split], seenViews)]),
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
      logits: await logitsOf(session, plain.validation.features, settings.ema > 0),
      labels: plain.validation.labels,
      photos: plain.validation.photos.map(({ id }) => id),
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
        seen: { train: await see(plain.train), validation: await see(plain.validation), test: await see(plain.test) },
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

/** Training photos plain, mirrored where mirroring changes no class, and in as many augmented views as were asked for. */
function viewOrders({ settings, photos }: TrainJobInput): ViewOrder[] {
  const { augmentation, extraViews, seed } = settings
  const plain: View = { kind: 'plain' }
  const mirrored: View[] = isMirrored(augmentation) ? [{ kind: 'mirrored' }] : []
  const extra = Array.from({ length: extraViews }, (_, view): View => {
    return { kind: 'augmented', policy: augmentation, seed, epoch: view + 1 }
  })
  return [
    { photos: photos.train, views: [plain, ...mirrored, ...extra] },
    { photos: [...photos.validation, ...photos.test], views: [plain] },
  ]
}

async function probeOf({ input, pipeline }: RunTools, backbone: Backbone) {
  const { count, images } = await takeProbe(pipeline, photosToProbe(input))
  return { count, images, features: await backbone.features(images, count) }
}

interface Row {
  readonly features: Float32Array
  readonly label: number
}

const trainingRows = ({ photos }: TrainJobInput, seen: FeaturesByPhoto): Row[] =>
  photos.train.flatMap((photo) => (seen.get(photo) ?? []).map((features) => ({ features, label: photo.label })))

/** Features of the plain view, which comes first in every order. */
function plainFeatures(photos: readonly TrainPhoto[], seen: FeaturesByPhoto): Omit<SeenPhotos, 'logits'> {
  const kept = photos.filter((photo) => seen.has(photo))
  const rows = kept.map((photo) => seen.get(photo)?.[0] as Float32Array)
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
