import {
  exportClassifier,
  initialState,
  loadPretrained,
  openSession,
  TrainingSession,
  viewsAtTestTime,
  type ModelState,
} from '../../engine/index.ts'
import { testTimeOf } from '../../../shared/policy.ts'
import { matrix } from '../../evaluate/matrix.ts'
import { createLearning } from './learning.ts'
import { classCounts } from './losses.ts'
import { mixBatch } from './mixed-batch.ts'
import { seePhotos, takeProbe, viewBatchSize } from './seen-photos.ts'
import { networkPlan } from './session-plan.ts'
import { speedName, type SpeedName } from '../plan/speeds.ts'
import { threadsOf } from '../settings/execution-of-settings.ts'
import { photosToProbe, type RunTools, type Trainer } from './trainer.ts'
import { hashOf } from '../weights/weights-hash.ts'

/** Trains the layers of a network on photos: all of them or the last ones, from random values or pretrained ones. */
export async function openNetworkTrainer(tools: RunTools): Promise<Trainer> {
  const { input, model, pipeline, context, progress } = tools
  const { settings, photos, classes } = input
  const { imageSize, seed, augmentation, ema } = settings
  const { state: start, weightsHash } = await beginning(tools)
  const counts = classCounts(photos.train, classes.length)

  const learning = createLearning(tools, {
    samples: photos.train.length,
    weightsHash,
    open: (shape, execution) =>
      TrainingSession.create({ ...networkPlan(settings, model, shape, counts), parameters: start, execution }),
    batches: async function* ({ batchSize, accumulation, stepsPerEpoch }, epoch, from) {
      const count = stepsPerEpoch * accumulation
      const request = {
        photos: photos.train,
        batchSize,
        policy: augmentation,
        seed,
        epoch,
        count,
        from,
        signal: context.signal,
      }
      for await (const { images, labels, place } of pipeline.trainingBatches(request)) {
        const { mix } = augmentation
        const identity = { seed, epoch, step: place }
        const mixed = mix && mixBatch(mix, labels, classes.length, imageSize, identity)
        yield { inputs: images, labels, place, mixed }
      }
    },
    validate: async (session) => {
      const [logits, labels, seen]: [number[], number[], string[]] = [[], [], []]
      const request = { photos: photos.validation, batchSize: viewBatchSize, signal: context.signal }
      for await (const { images, labels: own, indices } of pipeline.viewBatches(request)) {
        await context.breathe()
        logits.push(...(await session.predict(images, { averaged: ema > 0 })))
        labels.push(...own)
        for (const index of indices) seen.push(photos.validation[index]?.id ?? '')
      }
      return { logits: matrix(Float32Array.from(logits), classes.length), labels, photos: seen }
    },
  })

  const speeds: Record<SpeedName, number> = {}
  return {
    speeds,
    async learn() {
      const result = await learning.learn()
      speeds[speedName('train', model.name, imageSize)] = result.imagesPerSecond
      return result
    },
    searchRate: (told) => learning.searchRate(told),
    async complete(best) {
      const session = await learning.session()
      await session.writeState(new Map([...(await session.readState()), ...best]))
      const { count, images } = await takeProbe(pipeline, photosToProbe(input))
      const probe = { count, images, logits: await session.predict(images) }
      const state = new Map([...start, ...best])
      const all = photos.train.length + photos.validation.length + photos.test.length
      progress.begin('testing', 'Testing the best epoch', all)
      const began = performance.now()
      const classNames = classes.map(({ name }) => name)
      const testTime = testTimeOf(augmentation)
      const finished = await openSession(exportClassifier({ model, state, classNames, testTime }), threadsOf(settings))
      const see = (some: RunTools['input']['photos']['train']) =>
        seePhotos(finished, imageSize, { pipeline, photos: some, context, progress })
      try {
        const seen = {
          train: await see(photos.train),
          validation: await see(photos.validation),
          test: await see(photos.test),
        }
        const views = all * viewsAtTestTime[testTime]
        speeds[speedName('view', model.name, imageSize)] = (views * 1000) / (performance.now() - began)
        return { state, seen, probe, weightsHash }
      } finally {
        await finished.close()
      }
    },
    [Symbol.asyncDispose]: () => learning[Symbol.asyncDispose](),
  }
}

/** The values that training begins with: drawn by the seed, or the pretrained ones with a new classifier. */
async function beginning({ input, model }: RunTools): Promise<{ state: ModelState; weightsHash: string | null }> {
  const { settings, weights } = input
  if (settings.mode === 'scratch') return { state: initialState(model, settings.seed), weightsHash: null }
  if (weights === null) throw new Error('fine-tuning was asked for without weights')
  return { state: loadPretrained(model, weights, settings.seed).state, weightsHash: await hashOf(weights) }
}
