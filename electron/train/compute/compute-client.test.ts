import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { blockJob, countJob, dieJob, failJob, processIdJob } from './compute-testing.ts'
import { ComputeClient } from './compute-client.ts'
import { jobName } from './compute-protocol.ts'
import { forkProcess } from './fork-compute.ts'

const entry = new URL('./compute-testing.ts', import.meta.url)
let client: ComputeClient

beforeEach(() => {
  client = new ComputeClient(forkProcess(entry))
})
afterEach(() => client.close())

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await pause(10)
}

describe('a job', () => {
  test('tells how far it is, in plain numbers and arrays, and answers', async () => {
    const events: { at: number; pixels: Float32Array }[] = []
    const result = await client.run(countJob, { to: 3 }, { onEvent: (event) => events.push(event) })
    expect(result).toBe('counted')
    expect(events.map(({ at }) => at)).toEqual([1, 2, 3])
    expect(events[2]?.pixels).toEqual(new Float32Array([3]))
  })

  test('runs beside others in one process', async () => {
    const first = await client.run(processIdJob, undefined)
    const [counted, second] = await Promise.all([
      client.run(countJob, { to: 1000 }),
      client.run(processIdJob, undefined),
    ])
    expect(counted).toBe('counted')
    expect(second).toBe(first)
  })

  test('is cancelled by its signal', async () => {
    const abort = new AbortController()
    const counting = client.run(
      countJob,
      { to: 1e9 },
      { signal: abort.signal, onEvent: ({ at }) => at === 5 && abort.abort() },
    )
    await expect(counting).rejects.toMatchObject({ code: 'cancelled' })
    await expect(client.run(countJob, { to: 1 }, { signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('ends early and keeps what it has when asked to stop', async () => {
    const stop = new AbortController()
    const onEvent = ({ at }: { at: number }) => void (at === 5 && stop.abort())
    expect(await client.run(countJob, { to: 1e9 }, { stop: stop.signal, onEvent })).toMatch(/^stopped at \d+$/)
    expect(await client.run(countJob, { to: 1e9 }, { stop: stop.signal })).toMatch(/^stopped at \d+$/)
  })

  test('rejects with what it threw', async () => {
    await expect(client.run(failJob, { known: true })).rejects.toMatchObject({
      name: 'FleuronError',
      code: 'not-ready',
      message: 'There is nothing to train on; label some photos first.',
    })
    await expect(client.run(failJob, { known: false })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('an oversight'),
    })
    await expect(client.run(jobName<null, never, null>('unheard of'), null)).rejects.toMatchObject({ code: 'internal' })
  })
})

describe('when the process ends under a job', () => {
  test('by kill -9: the job says so, and the next one runs in a fresh process', async () => {
    const pid = await client.run(processIdJob, undefined)
    const blocked = client.run(blockJob, undefined, { onEvent: () => process.kill(pid, 'SIGKILL') })
    const failure = await blocked.catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'compute-failed', message: expect.stringContaining('SIGKILL') })
    expect(failure).toMatchObject({ message: expect.stringContaining('memory') })
    const next = await client.run(processIdJob, undefined)
    expect(next).not.toBe(pid)
  })

  test('by Ctrl+C, which reaches every process of the terminal: the job is cancelled, and a running process stays', async () => {
    const pid = await client.run(processIdJob, undefined)
    process.kill(pid, 'SIGINT')
    expect(await client.run(processIdJob, undefined)).toBe(pid)
    const abort = new AbortController()
    const onEvent = () => {
      abort.abort()
      process.kill(pid, 'SIGKILL')
    }
    await expect(client.run(blockJob, undefined, { signal: abort.signal, onEvent })).rejects.toMatchObject({
      code: 'cancelled',
    })
  })

  test('by itself', async () => {
    await expect(client.run(dieJob, { how: 'exit' })).rejects.toMatchObject({
      code: 'compute-failed',
      message: expect.stringContaining('exit code 3'),
    })
    await expect(client.run(dieJob, { how: 'abort' })).rejects.toMatchObject({
      code: 'compute-failed',
      message: expect.stringContaining('ran out of memory'),
    })
  })

  test('before it began', async () => {
    const missing = new ComputeClient(forkProcess(new URL('./there-is-none.ts', import.meta.url)))
    await expect(missing.run(processIdJob, undefined)).rejects.toMatchObject({
      code: 'compute-failed',
      details: expect.stringContaining('there-is-none.ts'),
    })
    await missing.close()
  })
})

test('a renewed client goes on in a fresh process, and what was running hears of it', async () => {
  const pid = await client.run(processIdJob, undefined)
  const counting = client.run(countJob, { to: 1e9 }).catch((error: unknown) => error)
  await client.renew()
  expect(await counting).toMatchObject({ code: 'compute-failed' })
  expect(isAlive(pid)).toBe(false)
  expect(await client.run(processIdJob, undefined)).not.toBe(pid)
})

test('closing ends the process even while it computes, and running jobs are cancelled', async () => {
  const pid = await client.run(processIdJob, undefined)
  const begun = Promise.withResolvers<void>()
  const blocked = client.run(blockJob, undefined, { onEvent: () => begun.resolve() }).catch((error: unknown) => error)
  await begun.promise
  await client.close()
  expect(await blocked).toMatchObject({ code: 'cancelled' })
  expect(isAlive(pid)).toBe(false)
  await expect(client.run(processIdJob, undefined)).rejects.toMatchObject({ code: 'cancelled' })
})

test('the process ends with its parent', async () => {
  const { spawn } = await import('node:child_process')
  const text = `
    import { ComputeClient } from ${JSON.stringify(new URL('./compute-client.ts', import.meta.url).href)}
    import { forkProcess } from ${JSON.stringify(new URL('./fork-compute.ts', import.meta.url).href)}
    const client = new ComputeClient(forkProcess(new URL(${JSON.stringify(entry.href)})))
    console.log(await client.run({ name: 'process id' }, undefined))
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pid = Number(
    await new Promise<string>((resolve) => parent.stdout.once('data', (data) => resolve(String(data)))),
  )
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await untilGone(pid)
})
