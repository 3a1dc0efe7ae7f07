import { exportClassifier, macs, openSession, providerOf, TrainingSession, variablesOf } from '../../engine/index.ts'
import type { ComputeDevice, Model } from '../../engine/index.ts'
import { presetPolicy } from '../../../shared/policy.ts'
import type { TrainSettings } from '../../../shared/training.ts'
import { jobName, serveJob, type JobContext, type ServedJob } from '../compute/compute-protocol.ts'
import { executionOf, threadsOf } from '../settings/execution-of-settings.ts'
import { modelOf } from '../settings/model-of-settings.ts'
import { viewBatchSize } from '../loop/seen-photos.ts'
import { speedName, type SpeedName } from './speeds.ts'
import { networkPlan } from '../loop/session-plan.ts'

export interface MeasureInput {
  settings: TrainSettings
  device: ComputeDevice
}

/** Tries for a moment how fast this computer trains, so that the first estimate is no guess. */
export const measureJob = jobName<MeasureInput, never, Record<SpeedName, number>>('measure-speeds')

/** Long enough to be steady, short enough for nobody to wait. */
const milliseconds = 800
/** Multiply-adds of a batch: large networks are tried with few photos, or the first step alone would take minutes. */
const measuredMacs = 2e10
/** Classes hardly matter for speed. */
const classes = 5

/** Any weights will do, except that zeros could be computed faster. */
const someWeights = (model: Model): Map<string, Float32Array> =>
  new Map(
    variablesOf(model).map(({ name, shape }) => {
      const length = shape.reduce((product, size) => product * size, 1)
      return [name, Float32Array.from({ length }, (_, index) => 0.01 + (index % 7) * 0.01)]
    }),
  )

/** Images per second of `step`, which handles `images`; the first one, which also prepares, does not count. */
async function speedOf(images: number, context: JobContext<never>, step: () => Promise<unknown>): Promise<number> {
  await step()
  const began = performance.now()
  let done = 0
  while (performance.now() - began < milliseconds) {
    await context.breathe()
    await step()
    done += images
  }
  return (done * 1000) / (performance.now() - began)
}

async function measure(
  { settings: given, device }: MeasureInput,
  context: JobContext<never>,
): Promise<Record<SpeedName, number>> {
  // Mixing photos takes no time to speak of, and other targets.
  const settings = { ...given, augmentation: presetPolicy('none') }
  const { imageSize, mode } = settings
  const model = modelOf(settings, classes)
  const batchSize = Math.max(2, Math.min(settings.batchSize, Math.floor(measuredMacs / macs(model))))
  const state = someWeights(model)
  const length = 3 * imageSize ** 2
  const speeds: Record<SpeedName, number> = {}
  if (mode !== 'frozen') {
    const session = await TrainingSession.create({
      ...networkPlan(settings, model, { batchSize, accumulation: 1, stepsPerEpoch: 1 }, Array(classes).fill(1)),
      parameters: state,
      execution: executionOf({ device, settings }),
    })
    const batch = { inputs: new Float32Array(batchSize * length).fill(0.5), targets: new Int32Array(batchSize) }
    speeds[speedName('train', model.name, imageSize)] = await speedOf(batchSize, context, () =>
      session.step(batch, {
        learningRate: 0,
        random: (_, shape) => new Float32Array(shape.reduce((product, size) => product * size, 1)),
      }),
    )
    await session.close()
  }
  const classNames = Array.from({ length: classes }, String)
  // Plain views are looked at by the finished model, on the processor.
  const looks = mode === 'frozen' ? providerOf(device) : 'cpu'
  const session = await openSession(exportClassifier({ model, state, classNames }), {
    device: looks,
    ...threadsOf(settings),
  })
  const image = { data: new Float32Array(viewBatchSize * length), shape: [viewBatchSize, 3, imageSize, imageSize] }
  const looking = await speedOf(viewBatchSize, context, () => session.run({ image }))
  speeds[speedName(mode === 'frozen' ? 'features' : 'view', model.name, imageSize)] = looking
  await session.close()
  return speeds
}

export const measuringJob: ServedJob = serveJob(measureJob, measure)
