import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawShapes, temporaryFolder } from '../train/testing.ts'

const cli = fileURLToPath(new URL('../cli.ts', import.meta.url))
const folder = temporaryFolder()
const project = join(folder.path, 'project')
const env = { ...process.env, FLEURON_HOME: join(folder.path, 'home'), FLEURON_WEIGHTS: '' }
const small = ['--model', 'simple_cnn', '--set', 'imageSize=32', '--set', 'batchSize=8', '--set', 'patience=0']

beforeAll(async () => {
  await drawShapes(join(folder.path, 'photos'), 12)
  await json(['import', join(folder.path, 'photos'), '--project', project])
})
afterAll(() => folder[Symbol.dispose]())

/** Runs a command; its status and what it printed. */
async function run(args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [cli, ...args], { env, maxBuffer: 1e8 }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ status: error.code, ...error }),
  )
}

async function json(args: string[]): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await run([...args, '--json'])
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('the commands of training', () => {
  it('models: what there is, with parameters, multiply-adds, input size, modes and weights', async () => {
    const models = (await json(['models'])) as unknown as Record<string, unknown>[]
    expect(models.find(({ name }) => name === 'resnet18')).toEqual({
      name: 'resnet18',
      title: 'ResNet-18',
      // As timm counts them.
      parameters: 11_689_512,
      macs: expect.closeTo(1.814e9, -7) as unknown,
      inputSize: [224, 224],
      modes: ['frozen', 'finetune', 'scratch'],
      stages: 5,
      weights: 'download',
    })
    expect(models.find(({ name }) => name === 'tf_mobilenetv2_100')).toMatchObject({ weights: 'file' })
    expect((await run(['models'])).stdout).toContain('from a file of yours')
  })

  it('lr-find: a rate, and the points it comes from', async () => {
    const found = await json(['lr-find', '--project', project, ...small])
    expect(found).toMatchObject({ model: 'simple_cnn', mode: 'scratch' })
    expect(found['suggestion']).toBe(found['valley'])
    expect((found['points'] as unknown[]).length).toBeGreaterThan(30)
  })

  it('train --set for every setting, pause, resume', async () => {
    const bad = await run(['train', '--project', project, ...small, '--set', 'optimizer=newton'])
    expect(bad).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('takes one of adamw') as unknown,
    })

    const settings = ['epochs=80', 'optimizer=sgd', 'optimizer.momentum=0.8', 'ema=0.9', 'monitor=macroF1']
    const training = spawn(
      process.execPath,
      [cli, 'train', '--project', project, ...small, ...settings.flatMap((each) => ['--set', each]), '--json'],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let said = ''
    training.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const over = once(training, 'close') as Promise<[number]>
    const early = over.then(() => Promise.reject(new Error(`It ended too early: ${said}`)))
    while (!said.includes('photos')) await Promise.race([once(training.stderr, 'data'), early])
    // While the photos are still being read there is nothing to pause yet; the run says so.
    expect(await json(['pause', '--project', project])).toMatchObject({ number: 1, state: 'paused' })
    expect((await over)[0]).toBe(1)
    expect(said).toMatch(/Run 1 was paused after epoch \d+; "fleuron resume 1" goes on with it\./)

    const unknown = await run(['resume', '7', '--project', project])
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('there are 1 (paused)') as unknown })
    const resumed = await json(['resume', '1', '--project', project])
    expect(resumed).toMatchObject({
      number: 1,
      state: 'finished',
      epochs: 80,
      settings: { optimizer: 'sgd', optimizerSettings: { momentum: 0.8 }, ema: 0.9, monitor: 'macroF1' },
    })
    expect((await run(['resume', '1', '--project', project])).stderr).toContain('has come to its end')
  })
})
