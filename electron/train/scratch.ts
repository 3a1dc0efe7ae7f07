import { exportClassifier, initialState, normalisePhotos, openSession, TrainingSession } from '../engine/index.ts'
import { matrix, type Matrix } from '../evaluate/matrix.ts'
import { trainingBatchCount } from './input-pipeline.ts'
import { seePhotos, takeProbe, viewBatchSize } from './seen-photos.ts'
import { speedName, type SpeedName } from './speeds.ts'
import { runEpochs } from './train-loop.ts'
import { optimizerChoice, photosToProbe, smoothedLoss, type RunTools, type Trainer } from './trainer.ts'

/** Trains every layer of a model, from values drawn by the seed. */
export async function openScratchTrainer(tools: RunTools): Promise<Trainer> {
  const { input, model, pipeline, context, progress } = tools
  const { settings, photos, classes } = input
  const { imageSize, seed, augmentation } = settings
  const batchSize = Math.min(settings.batchSize, photos.train.length)
  const stepsPerEpoch = trainingBatchCount(photos.train.length, settings.batchSize)
  const start = initialState(model, seed)
  const session = await TrainingSession.create({
    model: (pass, batch) => model.forward(pass, normalisePhotos(batch, model.config)),
    inputShape: [3, imageSize, imageSize],
    classes: classes.length,
    batchSize,
    targets: 'labels',
    loss: smoothedLoss(settings),
    optimizer: optimizerChoice(settings),
    parameters: start,
  })

  async function* trainingBatches(epoch: number) {
    const request = { photos: photos.train, batchSize, policy: augmentation, seed, epoch, signal: context.signal }
    for await (const { images, labels } of pipeline.trainingBatches(request)) yield { inputs: images, labels }
  }

  async function validate(): Promise<{ logits: Matrix; labels: number[] }> {
    const [logits, labels]: [number[], number[]] = [[], []]
    const request = { photos: photos.validation, batchSize: viewBatchSize, signal: context.signal }
    for await (const { images, labels: own } of pipeline.viewBatches(request)) {
      await context.breathe()
      logits.push(...(await session.predict(images)))
      labels.push(...own)
    }
    return { logits: matrix(Float32Array.from(logits), classes.length), labels }
  }

  const speeds: Record<SpeedName, number> = {}
  return {
    speeds,
    async learn() {
      progress.begin('training', 'Training', settings.epochs * stepsPerEpoch * batchSize)
      const result = await runEpochs({
        session,
        settings,
        stepsPerEpoch,
        batches: trainingBatches,
        validate,
        directory: input.directory,
        context,
        progress,
      })
      speeds[speedName('train', model.name, imageSize)] = result.imagesPerSecond
      return result
    },
    async complete(best) {
      await session.writeState(new Map([...session.readState(), ...best]))
      const { count, images } = await takeProbe(pipeline, photosToProbe(input))
      const probe = { count, images, logits: await session.predict(images) }
      const state = new Map([...start, ...best])
      const all = photos.train.length + photos.validation.length + photos.test.length
      progress.begin('testing', 'Testing the best epoch', all)
      const began = performance.now()
      const classNames = classes.map(({ name }) => name)
      const finished = await openSession(exportClassifier({ model, state, classNames }))
      const see = (some: RunTools['input']['photos']['train']) =>
        seePhotos(finished, imageSize, { pipeline, photos: some, context, progress })
      try {
        const seen = {
          train: await see(photos.train),
          validation: await see(photos.validation),
          test: await see(photos.test),
        }
        speeds[speedName('view', model.name, imageSize)] = (all * 1000) / (performance.now() - began)
        return { state, seen, probe, weightsHash: null }
      } finally {
        await finished.close()
      }
    },
    [Symbol.asyncDispose]: () => session.close(),
  }
}
