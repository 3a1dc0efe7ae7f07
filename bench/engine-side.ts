/** Our side of the engine's bench: {"rounds": n} on standard input, seconds and peak memory on standard output. */
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import {
  TrainingSession,
  createModel,
  exportClassifier,
  initialState,
  openSession,
  runtimeVersion,
} from '../electron/engine/index.ts'
import { stream } from '../electron/engine/random/index.ts'
import type { EngineJob } from './engine.ts'

/** Bytes of this process from Linux's own account; 0 elsewhere. */
function resident(field: 'VmRSS' | 'VmHWM'): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024
}

const job = JSON.parse(process.argv[2] as string) as EngineJob & { profile?: string }
await runtimeVersion()
const before = resident('VmRSS')
const { batch, size, classes, threads } = job
const model = createModel(job.model, { classes, inputSize: [size, size] })
const random = stream({ seed: 1, purpose: 'photos' })
const photos = Float32Array.from({ length: batch * 3 * size * size }, () => random.normal(0, 1))
const profile = job.profile === undefined ? {} : { profile: job.profile }

async function trainer() {
  const session = await TrainingSession.create({
    model: model.forward,
    inputShape: [3, size, size],
    classes,
    batchSize: batch,
    targets: 'labels',
    optimizer: { name: 'sgd', settings: { momentum: 0.9, weightDecay: 1e-4 } },
    parameters: initialState(model, 1),
    execution: { threads },
    ...profile,
  })
  const targets = Int32Array.from({ length: batch }, (_, photo) => photo % classes)
  return {
    step: () => session.step({ inputs: photos, targets }, { learningRate: 1e-3 }),
    close: () => session.close(),
  }
}

async function classifier() {
  const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`)
  const bytes = exportClassifier({ model, state: initialState(model, 1), classNames })
  const session = await openSession(bytes, { threads, ...profile })
  return {
    step: () => session.run({ image: { data: photos, shape: [batch, 3, size, size] } }),
    close: () => session.close(),
  }
}

const { step, close } = await (job.step === 'train' ? trainer() : classifier())
for await (const line of createInterface({ input: process.stdin })) {
  const { rounds } = JSON.parse(line) as { rounds: number }
  const began = performance.now()
  for (let round = 0; round < rounds; round++) await step()
  const seconds = (performance.now() - began) / 1000
  process.stdout.write(`${JSON.stringify({ seconds, peak: resident('VmHWM') - before })}\n`)
}
await close()
