import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SafetensorsFile, TrainingSession, createModel, initialState, stream, writeSafetensors } from './index.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleuron-state-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const [side, classes, count] = [16, 3, 4]

test('weights, optimiser, average and accumulation survive a safetensors file to the bit', async () => {
  const model = createModel('simple_cnn', { classes, inputSize: [side, side] })
  const open = () =>
    TrainingSession.create({
      model: model.forward,
      inputShape: [3, side, side],
      classes,
      batchSize: count,
      targets: 'labels',
      optimizer: { name: 'nadam' },
      accumulation: 2,
      averaging: { decay: 0.9 },
      parameters: initialState(model, 1),
      execution: { threads: 1 },
    })
  const run = async (session: TrainingSession, from: number, to: number): Promise<void> => {
    for (let step = from; step < to; step++) {
      const inputs = stream({ seed: 2, step, purpose: 'photos' }).fillUniform(new Float32Array(count * 3 * side * side))
      await session.step({ inputs, targets: Int32Array.of(0, 1, 2, 0) }, { learningRate: 1e-3 })
    }
  }
  const [whole, first, second] = [await open(), await open(), await open()]
  await run(whole, 0, 5)
  await run(first, 0, 3)

  const path = join(folder, 'state.safetensors')
  const shapes = first.stateShapes
  const tensors = [...(await first.readState())].map(
    ([name, data]) => [name, { shape: shapes.get(name)!, data }] as const,
  )
  writeSafetensors(path, tensors)
  using file = SafetensorsFile.open(path)
  await second.writeState(new Map([...file.tensors.keys()].map((name) => [name, file.readFloat32(name)])))

  await run(second, 3, 5)
  expect(await second.readState()).toEqual(await whole.readState())
  for (const session of [whole, first, second]) await session.close()
})
