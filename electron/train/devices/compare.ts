import { createModel, initialState, sizeOf, stream, TrainingSession, type Execution } from '../../engine/index.ts'

/** What a few steps are made with. */
export interface StepShape {
  readonly model: string
  /** Of the photos. */
  readonly side: number
  readonly batchSize: number
  readonly steps: number
  /** Batch norms use their running statistics. */
  readonly frozenStatistics?: boolean
}

export interface Comparison {
  /** The largest difference: of a loss, and of all that the steps changed; each as a share of the processor's. */
  readonly difference: number
  /** Of the device's shortest step: the first also prepares, and others may compute beside it. */
  readonly seconds: number
}

const classes = 4

const modelOf = ({ model, side }: StepShape) => createModel(model, { classes, inputSize: [side, side] })

/** Plain gradient descent: its changes are as large as the gradients, where Adam makes the smallest doubt a whole step. */
export function openSteps(execution: Partial<Execution>, shape: StepShape): Promise<TrainingSession> {
  const model = modelOf(shape)
  return TrainingSession.create({
    model: (pass, batch) => model.forward(pass, batch),
    inputShape: [3, shape.side, shape.side],
    classes,
    batchSize: shape.batchSize,
    targets: 'labels',
    optimizer: { name: 'sgd', settings: { momentum: 0.9 } },
    frozenStatistics: shape.frozenStatistics ?? false,
    parameters: initialState(model, 1),
    execution,
  })
}

/**
 * One step on stripes in as many directions as there are classes, the same for the same count. Photos that hardly differ
 * would leave batch norms nothing but rounding errors to enlarge.
 */
export async function takeStep(session: TrainingSession, { side, batchSize }: StepShape, count: number) {
  const draw = (purpose: string, size: readonly number[]): Float32Array =>
    stream({ seed: 1, step: count, purpose }).fillUniform(new Float32Array(sizeOf(size)))
  const targets = Int32Array.from({ length: batchSize }, (_, photo) => (photo + count) % classes)
  const inputs = draw('device trial', [batchSize, 3, side, side]).map((noise, at) => {
    const [x, y] = [at % side, Math.floor(at / side) % side]
    const angle = (Math.PI * (targets[Math.floor(at / (3 * side * side))] as number)) / classes
    return Math.sin(x * Math.cos(angle) + y * Math.sin(angle)) + noise - 0.5
  })
  const { loss } = await session.step({ inputs, targets }, { learningRate: 0.05, random: draw })
  return loss
}

interface Trained {
  losses: number[]
  seconds: number
  state: Map<string, Float32Array>
}

async function train(session: TrainingSession, shape: StepShape): Promise<Trained> {
  const losses: number[] = []
  let seconds = Number.POSITIVE_INFINITY
  for (let count = 0; count < shape.steps; count++) {
    const began = performance.now()
    losses.push(await takeStep(session, shape, count))
    seconds = Math.min(seconds, (performance.now() - began) / 1000)
  }
  return { losses, seconds, state: await session.readState() }
}

/** Takes the same steps on the session of a device, which it closes, and on the processor. */
export async function compareWithProcessor(session: TrainingSession, shape: StepShape): Promise<Comparison> {
  const own = await train(session, shape)
  await session.close()
  // To find the fastest forms of convolutions takes longer than these steps.
  const processor = await openSteps({ device: 'cpu', forms: {} }, shape)
  const reference = await train(processor, shape)
  await processor.close()
  return { difference: differenceOf(own, reference, initialState(modelOf(shape), 1)), seconds: own.seconds }
}

/** What is no number counts as infinitely far. */
function differenceOf(own: Trained, reference: Trained, before: ReadonlyMap<string, Float32Array>): number {
  const losses = reference.losses.map((loss, index) => Math.abs((own.losses[index] as number) - loss) / Math.abs(loss))
  let [apart, changed] = [0, 0]
  for (const [name, start] of before) {
    const [ours, theirs] = [own.state.get(name), reference.state.get(name)]
    if (ours === undefined || theirs === undefined) continue
    start.forEach((value, at) => {
      apart += ((ours[at] as number) - (theirs[at] as number)) ** 2
      changed += ((theirs[at] as number) - value) ** 2
    })
  }
  const difference = Math.max(...losses, Math.sqrt(apart / changed))
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
}
