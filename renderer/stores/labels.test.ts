import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { FleuronError } from '../../shared/errors.ts'
import type { Photo } from '../../shared/photo.ts'
import { useLabels } from './labels.ts'
import { usePhotos } from './photos.ts'
import { useToasts } from './toasts.ts'

const photo = (id: string): Photo => ({
  id,
  name: `${id}.jpg`,
  path: `${id}.jpg`,
  classId: null,
  split: null,
  excluded: false,
  flagged: false,
  foundRight: false,
  unreadable: null,
  width: null,
  height: null,
})

/** The main process, which answers when the test says so. */
function mainProcess() {
  const calls: { input: unknown; answer: () => void; refuse: (error: FleuronError) => void }[] = []
  const call = (input?: unknown) =>
    new Promise<void>((resolve, reject) => calls.push({ input, answer: () => resolve(), refuse: reject }))
  const labels = { set: call, exclude: call, flag: call, undo: call, redo: call }
  vi.stubGlobal('window', { fleuron: { labels } })
  return calls
}

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
})

test('a label counts as set when the main process has answered, not before', async () => {
  const calls = mainProcess()
  const labels = useLabels()
  usePhotos().keep([photo('a'), photo('b')])

  const done = labels.setClass(['a', 'b'], 'rose')
  expect(usePhotos().get('a')?.classId).toBeNull()
  expect(labels.pending.get('a')).toEqual({ classId: 'rose' })

  calls[0]?.answer()
  expect(await done).toBe(true)
  expect(calls[0]?.input).toEqual({ photos: ['a', 'b'], classId: 'rose' })
  expect(usePhotos().get('b')?.classId).toBe('rose')
  expect(labels.pending.size).toBe(0)
  expect(useToasts().toasts).toMatchObject([{ tone: 'done', text: '2 photos set to', action: { label: 'Undo' } }])
})

test('a label that was refused is as it was; the reason is said and can be tried again', async () => {
  const calls = mainProcess()
  const labels = useLabels()
  usePhotos().keep([photo('a')])

  const done = labels.setClass(['a'], 'rose')
  calls[0]?.refuse(new FleuronError('not-permitted', 'The disk is full; free some space and try again.'))
  expect(await done).toBe(false)
  expect(usePhotos().get('a')?.classId).toBeNull()
  expect(labels.pending.size).toBe(0)
  const [toast] = useToasts().toasts
  expect(toast).toMatchObject({ tone: 'error', text: 'The disk is full; free some space and try again.' })

  toast?.action?.run()
  expect(labels.pending.get('a')).toEqual({ classId: 'rose' })
  calls[1]?.answer()
  await vi.waitFor(() => expect(usePhotos().get('a')?.classId).toBe('rose'))
})

test('of two quick labels on one photo the later one stays pending until its own answer', async () => {
  const calls = mainProcess()
  const labels = useLabels()
  usePhotos().keep([photo('a')])

  const first = labels.setClass(['a'], 'rose')
  const second = labels.setClass(['a'], 'tulip')
  calls[0]?.answer()
  await first
  expect(labels.pending.get('a')).toEqual({ classId: 'tulip' })
  calls[1]?.answer()
  await second
  expect(labels.pending.size).toBe(0)
  expect(usePhotos().get('a')?.classId).toBe('tulip')
})

test('errors stay, news goes by itself', async () => {
  const toasts = useToasts()
  toasts.failed({ code: 'offline', message: 'There is no network.' })
  toasts.done('1 photo flagged')
  toasts.done('2 photos flagged')
  expect(toasts.toasts.map((toast) => toast.text)).toEqual(['There is no network.', '2 photos flagged'])
  vi.advanceTimersByTime(60_000)
  expect(toasts.toasts.map((toast) => toast.text)).toEqual(['There is no network.'])
})
