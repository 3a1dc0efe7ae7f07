import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createModel, initialState, openSession, sizeOf, variablesOf, writeSafetensors } from './index.ts'

/** The example of the README, in a project of its own that has Fleuron installed. */

const repository = resolve(import.meta.dirname, '../..')
let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'fleuron-library-'))
  mkdirSync(join(project, 'node_modules'))
  symlinkSync(repository, join(project, 'node_modules/fleuron'), 'junction')
})
afterAll(() => rmSync(project, { recursive: true }))

test('the example of the README trains and exports', async () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8')
  const [, code = ''] = /```ts\n(import .*?)```/s.exec(readme) ?? []
  expect(code).toContain("from 'fleuron/engine'")
  writeFileSync(join(project, 'example.mts'), code)
  const trained = createModel('simple_cnn', { classes: 5 })
  const start = initialState(trained, 3)
  const tensors = variablesOf(trained).map(({ name, shape }) => [name, { shape, data: start.get(name)! }] as const)
  writeSafetensors(join(project, 'simple_cnn.safetensors'), tensors)

  // From the sources, so that the test needs no build.
  const run = ['--disable-warning=ExperimentalWarning', '--conditions=source', 'example.mts']
  const output = execFileSync(process.execPath, run, { cwd: project, encoding: 'utf8' })
  const losses = [...output.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss))
  expect(losses).toHaveLength(30)
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 5)

  const session = await openSession(join(project, 'model.onnx'))
  const shape = [1, 3, 32, 32]
  const look = async (pixel: number) => {
    const data = new Float32Array(sizeOf(shape)).fill(pixel)
    const { probability } = await session.run({ image: { data, shape } })
    return probability!.data as Float32Array
  }
  // Running statistics have hardly begun to move after thirty steps; what is asked is that the file runs.
  expect([...(await look(0.1))].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5)
  await session.close()
})
