import { expect, it } from 'vitest'
import type { RunSummary, TrainSettings } from '../../shared/training.ts'
import { quickSettings } from '../train/testing.ts'
import { roomsForEachTest, startTrainingRooms } from './testing.ts'

const own = roomsForEachTest()

const quick = (seed: number): TrainSettings => quickSettings('scratch', { epochs: 1, seed })
const long = quickSettings('scratch', { epochs: 5000, seed: 100 })

const seedsWaiting = async (): Promise<number[]> =>
  (await own.rooms.queue.get()).runs.map(({ settings }) => settings.seed)
/** Of the runs so far, in the order in which they began. */
const runs = async (): Promise<{ seed: number; state: RunSummary['state'] }[]> => {
  const all = (await own.rooms.training.runs()).sort((a, b) => a.number - b.number)
  return Promise.all(
    all.map(async ({ id, state }) => ({ seed: (await own.rooms.training.run({ run: id })).settings.seed, state })),
  )
}
const states = async (): Promise<RunSummary['state'][]> => (await runs()).map(({ state }) => state)
const allDone = (total: number): Promise<void> =>
  expect.poll(states).toEqual(Array.from({ length: total }, () => 'finished'))
const isHeld = async (): Promise<boolean> => (await own.rooms.queue.get()).held
const epochEnded = (): Promise<void> =>
  new Promise((resolve) => own.rooms.training.onProgress(({ completed }) => completed !== null && resolve()))

it('trains one run after the other, in the order that the user gives them', async () => {
  const { queue, training } = own.rooms
  const { run } = await training.start({ settings: long })
  const [first, second, third, fourth] = [
    await queue.add({ settings: quick(1) }),
    await queue.add({ settings: quick(2) }),
    await queue.add({ settings: quick(3) }),
    await queue.add({ settings: quick(4), to: 0 }),
  ]
  expect(await seedsWaiting()).toEqual([4, 1, 2, 3])
  await queue.move({ queued: third.id, to: 0 })
  await queue.move({ queued: first.id, to: 9 })
  await queue.remove({ queued: fourth.id })
  expect(await seedsWaiting()).toEqual([3, 2, 1])
  await expect(queue.move({ queued: fourth.id, to: 0 })).rejects.toMatchObject({ code: 'not-found' })
  expect(second.problem).toBeNull()
  await training.cancel({ run })
  await expect.poll(seedsWaiting).toEqual([])
  await expect.poll(async () => (await states()).at(-1)).toBe('finished')
  expect(await runs()).toEqual([
    { seed: 100, state: 'cancelled' },
    { seed: 3, state: 'finished' },
    { seed: 2, state: 'finished' },
    { seed: 1, state: 'finished' },
  ])
})

it('begins at once when nothing trains, and refuses settings that do not suit the model', async () => {
  await own.rooms.queue.add({ settings: quick(1) })
  await own.rooms.queue.add({ settings: quick(2) })
  await allDone(2)
  await expect(own.rooms.queue.add({ settings: { ...quick(3), optimizer: 'none such' } })).rejects.toMatchObject({
    code: 'invalid-input',
  })
})

it('is held by a pause and by a restart, until the user lets it go on', async () => {
  const { run } = await own.rooms.training.start({ settings: long })
  await own.rooms.queue.add({ settings: quick(1) })
  await epochEnded()
  await own.rooms.training.pause({ run })
  await expect.poll(isHeld).toBe(true)
  await own.rooms.queue.add({ settings: quick(2) })
  expect(await runs()).toEqual([{ seed: 100, state: 'paused' }])
  await own.rooms.training.resume({ run })
  expect(await isHeld()).toBe(false)
  await own.rooms.training.pause({ run })
  await expect.poll(isHeld).toBe(true)
  const { directory } = own.rooms.open.current()
  await own.rooms.close()

  own.rooms = startTrainingRooms(own.home)
  await own.rooms.open.open(directory)
  expect(await own.rooms.queue.get()).toMatchObject({ held: true, runs: [{ problem: null }, { problem: null }] })
  // What the user asks for now goes before what waits, and does not set it going.
  await own.rooms.training.start({ settings: quick(3) })
  await expect.poll(async () => (await runs()).at(-1)).toEqual({ seed: 3, state: 'finished' })
  expect(await seedsWaiting()).toEqual([1, 2])
  await own.rooms.queue.hold({ held: false })
  await expect
    .poll(async () => (await runs()).slice(2))
    .toEqual([
      { seed: 1, state: 'finished' },
      { seed: 2, state: 'finished' },
    ])
  expect(await own.rooms.queue.get()).toEqual({ held: false, runs: [] })
})

it('says why a run could not begin, goes on with the others, and tries it again when asked to', async () => {
  const frozen = quickSettings('frozen', { epochs: 1, seed: 7 })
  await own.rooms.queue.add({ settings: frozen })
  await own.rooms.queue.add({ settings: quick(8) })
  await allDone(1)
  const { runs: waiting } = await own.rooms.queue.get()
  expect(waiting).toMatchObject([{ settings: { seed: 7 }, problem: expect.stringContaining('weights') }])
})

it('goes before the next run of a study', async () => {
  const { queue, studies } = own.rooms
  const { epochs, imageSize, batchSize } = quick(1)
  const set = { epochs, imageSize, batchSize }
  const variant = { name: 'one', model: 'simple_cnn', mode: 'scratch', set } as const
  await studies.start({
    spec: { name: 'Seeds', kind: 'sweep', variants: [variant], seeds: [1, 2], stopHopeless: false },
  })
  await epochEnded()
  await queue.add({ settings: quick(50) })
  await allDone(3)
  expect((await runs()).map(({ seed }) => seed)).toEqual([1, 50, 2])
})
