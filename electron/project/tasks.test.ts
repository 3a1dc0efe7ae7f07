import { expect, test } from 'vitest'
import { FleuronError } from '../../shared/errors.ts'
import type { Task } from '../../shared/task.ts'
import { Tasks } from './tasks.ts'

const later = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

test('a task is told from its start to its end, and its updates are throttled', async () => {
  const tasks = new Tasks()
  const told: Task[] = []
  tasks.onChanged((task) => told.push(task))
  const { id, finished } = tasks.run('import', 'Reading photos', 'photos', async (task) => {
    for (let done = 1; done <= 1000; done++) task.progress(done, 1000)
    return 'result'
  })
  expect(tasks.list()[0]).toMatchObject({ id, state: 'running', done: 0, total: null, unit: 'photos' })
  expect(await finished).toBe('result')
  expect(told.at(-1)).toMatchObject({ state: 'done', done: 1000, total: 1000, error: null })
  expect(told.length).toBeLessThan(10)
})

test('cancelling aborts the signal, and the task ends as cancelled, not as failed', async () => {
  const tasks = new Tasks()
  const { id, finished } = tasks.run('train', 'Training', 'epochs', async ({ signal }) => {
    while (true) {
      await later(5)
      signal.throwIfAborted()
    }
  })
  await later(10)
  tasks.cancel(id)
  await expect(finished).rejects.toMatchObject({ code: 'cancelled' })
  expect(tasks.list()[0]).toMatchObject({ state: 'cancelled', error: null })
  tasks.cancel(id)
  expect(() => tasks.cancel('nobody')).toThrow(FleuronError)
})

test('a failure that nobody waits for is told as a value and ends nothing else', async () => {
  const tasks = new Tasks()
  const ended = new Promise<Task>((resolve) => {
    tasks.onChanged((task) => {
      if (task.state !== 'running') resolve(task)
    })
  })
  tasks.run('export', 'Copying photos', 'photos', () => Promise.reject(new FleuronError('not-permitted', 'No.')))
  expect(await ended).toMatchObject({ state: 'failed', error: { code: 'not-permitted', message: 'No.' } })
})

test('the time left follows from the speed', async () => {
  const tasks = new Tasks()
  let eta: number | null = null
  tasks.onChanged((task) => (eta = task.etaSeconds ?? eta))
  await tasks.run('import', 'Reading', 'photos', async (task) => {
    for (let done = 1; done <= 15; done++) {
      await later(100)
      task.progress(done, 150)
    }
  }).finished
  // 135 left at about ten a second, on a machine that may be slow.
  expect(eta).toBeGreaterThan(10)
  expect(eta).toBeLessThan(60)
})

test('closing ends everything in hand', async () => {
  const tasks = new Tasks()
  tasks.run('import', 'Reading', 'photos', async ({ signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  await tasks.close()
  expect(tasks.list().map((task) => task.state)).toEqual(['cancelled'])
})
