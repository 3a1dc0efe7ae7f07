import { afterAll, expect, it } from 'vitest'
import { linear, stream, TrainingSession } from '../../engine/index.ts'
import { matrix } from '../../evaluate/matrix.ts'
import { readCheckpoint } from './checkpoint.ts'
import { createLearning, type Lesson } from './learning.ts'
import { sessionPlan } from './session-plan.ts'
import { quickSettings, shapesInput, temporaryFolder } from '../testing.ts'
import type { TrainJobEvent } from '../run/train-job.ts'
import type { RunTools } from './trainer.ts'

const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

const random = stream({ seed: 1, purpose: 'points' })
const inputs = Float32Array.from({ length: 64 }, () => random.normal())
const labels = Int32Array.from({ length: 32 }, (_, index) => Number((inputs[2 * index] as number) > 0) * 2)
const settings = quickSettings('scratch', { batchSize: 16, epochs: 4, labelSmoothing: 0, learningRate: 0.1 })

/** Three classes of points, learned by one layer; passes of more than `most` points do not fit into memory. */
function learningOf(name: string, most: number, stepsUntilFull = 0) {
  const told: TrainJobEvent[] = []
  let steps = 0
  const tools = {
    input: { ...shapesInput(folder.path, settings, { run: name, perClass: 0 }), checkpointSeconds: 0 },
    context: {
      emit: (event: TrainJobEvent) => told.push(event),
      stop: new AbortController().signal,
      signal: new AbortController().signal,
      breathe: () => Promise.resolve(),
    },
    progress: { begin: () => undefined, advance: () => undefined, epochEnded: () => undefined, seconds: () => 0 },
  } as unknown as RunTools
  const sizes: number[] = []
  const lesson: Lesson = {
    samples: 32,
    weightsHash: null,
    open: (shape, execution) =>
      TrainingSession.create({
        ...sessionPlan(settings, shape, [11, 10, 11]),
        model: (pass, batch) =>
          linear(
            batch,
            pass.parameter('head.weight', [3, 2], { kind: 'constant', value: 0 }),
            pass.parameter('head.bias', [3], { kind: 'constant', value: 0 }),
          ),
        inputShape: [2],
        parameters: new Map([
          ['head.weight', new Float32Array(6)],
          ['head.bias', new Float32Array(3)],
        ]),
        execution,
      }),
    batches: function* ({ batchSize, accumulation, stepsPerEpoch }, _epoch, from) {
      for (let place = from; place < stepsPerEpoch * accumulation; place++) {
        if (batchSize > most && steps++ >= stepsUntilFull) throw new Error('Failed to allocate memory for a buffer.')
        sizes.push(batchSize)
        const [first, last] = [place * batchSize, (place + 1) * batchSize]
        yield { inputs: inputs.slice(2 * first, 2 * last), labels: labels.slice(first, last), place }
      }
    },
    validate: async (session) => ({
      logits: matrix(await session.predict(inputs), 3),
      labels,
      photos: Array.from(labels, (_, place) => String(place)),
    }),
  }
  return { learning: createLearning(tools, lesson), told, sizes, directory: tools.input.directory }
}

it('goes on with smaller passes when memory runs out, to the same end, and says so', async () => {
  const whole = learningOf('whole', 16)
  await using undisturbed = whole.learning
  const expected = await undisturbed.learn()

  // Full after three steps: in the middle of the second epoch, whose checkpoint is taken up in smaller passes.
  const short = learningOf('short', 4, 3)
  await using learning = short.learning
  const result = await learning.learn()
  expect(result.ended).toBe('finished')
  expect(new Set(short.sizes)).toEqual(new Set([16, 4]))
  expect(short.told.flatMap((event) => (event.kind === 'note' ? [event.text] : []))).toEqual([
    expect.stringContaining('2 passes of 8 photos'),
    expect.stringContaining('4 passes of 4 photos'),
  ])
  const { position } = readCheckpoint(short.directory)
  expect(position).toMatchObject({ batchSize: 4 })
  expect(position.history).toHaveLength(4)
  // The mean of the gradients of the parts is the gradient of the whole, but for rounding.
  for (const [name, values] of expected.best?.values ?? []) {
    const own = result.best?.values.get(name) as Float32Array
    values.forEach((value, index) => expect(own[index]).toBeCloseTo(value, 5))
  }
})

it('gives up when nothing smaller would help', async () => {
  await using learning = learningOf('never', 0).learning
  await expect(learning.learn()).rejects.toThrow('Failed to allocate')
})
