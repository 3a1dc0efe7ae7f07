import { expect, it } from 'vitest'
import { FleuronError } from './errors.ts'
import { createClient, createClientEnd, decodeMessage, encodeMessage, type CallMessage } from './transport.ts'

it('writes bytes into JSON and reads them back', () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256)
  const message = {
    kind: 'call' as const,
    id: 1,
    service: 'field',
    method: 'classifyDropped',
    input: {
      files: [
        { name: 'ü\u2028.jpg', bytes },
        { name: 'node', bytes: Buffer.from('abc') },
      ],
      none: null,
    },
  }
  expect(decodeMessage(encodeMessage(message))).toEqual({
    ...message,
    input: {
      files: [
        { name: 'ü\u2028.jpg', bytes },
        { name: 'node', bytes: new Uint8Array([97, 98, 99]) },
      ],
      none: null,
    },
  })
  expect(encodeMessage(message)).not.toContain('\n')
})

it('keeps calls and answers together, in whatever order they come', async () => {
  const sent: CallMessage[] = []
  const end = createClientEnd((message) => void sent.push(message))
  const client = createClient(end)
  const first = client.settings.get()
  const second = client.tasks.list()
  const third = client.projects.close()
  await Promise.resolve()
  expect(sent.map(({ service, method }) => `${service}.${method}`)).toEqual([
    'settings.get',
    'tasks.list',
    'projects.close',
  ])
  const [one, two, three] = sent.map(({ id }) => id)
  end.receive({ kind: 'answer', id: two ?? -1, value: [] })
  end.receive({ kind: 'answer', id: three ?? -1 })
  end.receive({ kind: 'answer', id: one ?? -1, error: { code: 'in-use', message: 'Taken.', details: 'by whom' } })
  end.receive({ kind: 'answer', id: 99, value: 'nobody asked' })
  expect(await second).toEqual([])
  expect(await third).toBeUndefined()
  const error = await first.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(FleuronError)
  expect(error).toMatchObject({ code: 'in-use', message: 'Taken.', details: 'by whom' })
})

it('delivers events until a listener leaves', () => {
  const end = createClientEnd(() => undefined)
  const client = createClient(end)
  const heard: unknown[] = []
  const listener = (value: unknown) => void heard.push(value)
  const leave = client.photos.onChanged(listener)
  client.photos.onChanged(listener)
  const event = { kind: 'event' as const, service: 'photos', event: 'onChanged', value: { photos: 'all' } }
  end.receive(event)
  leave()
  leave()
  end.receive(event)
  end.receive({ ...event, service: 'field' })
  expect(heard).toHaveLength(3)
})

it('fails what was on its way when the connection broke, and what cannot be cloned', async () => {
  const client = createClient(createClientEnd(() => undefined))
  await expect(client.host.chooseFolder(new Proxy({ title: 'A' }, {}))).rejects.toThrow()

  const end = createClientEnd(() => undefined)
  const waiting = createClient(end).projects.recent()
  await Promise.resolve()
  end.interrupted()
  await expect(waiting).rejects.toMatchObject({ code: 'not-ready' })
})
