import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Holder, holderOf } from './holder.ts'
import { inProcess, startProcess, temporaryFolder } from './testing.ts'

test('one holder at a time, in this process too', () => {
  const directory = temporaryFolder()
  const first = Holder.take(directory)
  expect(() => Holder.take(directory)).toThrow(expect.objectContaining({ code: 'in-use' }))
  expect(holderOf(directory)).toEqual(first.record)
  expect(statSync(join(directory, 'holder.json')).mode & 0o077).toBe(0)
  first.release()
  first.release()
  expect(holderOf(directory)).toBeNull()
  expect(existsSync(join(directory, 'holder.json'))).toBe(false)
  Holder.take(directory).release()
})

test('another process is told who holds it; when that one is killed, nothing is left to clear away', async () => {
  const directory = temporaryFolder()
  const child = startProcess(
    { Holder: './holder.ts' },
    `Holder.take(${JSON.stringify(directory)}); console.log('held'); setInterval(() => {}, 1000)`,
  )
  if (!child.stdout) throw new Error('The process has no output.')
  await once(child.stdout, 'data')
  expect(() => Holder.take(directory)).toThrow(
    new RegExp(`open in another Fleuron \\(process ${child.pid}, since .*\\); go on working there, or close it`),
  )
  expect(holderOf(directory)).toMatchObject({ pid: child.pid })
  const asked = await inProcess({ holderOf: './holder.ts' }, `console.log(holderOf(${JSON.stringify(directory)}).pid)`)
  expect(Number(asked)).toBe(child.pid)

  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(existsSync(join(directory, 'holder.json'))).toBe(true)
  expect(holderOf(directory)).toBeNull()
  const next = Holder.take(directory)
  expect(holderOf(directory)).toMatchObject({ pid: process.pid })
  next.release()
})

test('a name left behind means nothing, even when its process number lives again', () => {
  const directory = temporaryFolder()
  Holder.take(directory).release()
  writeFileSync(
    join(directory, 'holder.json'),
    JSON.stringify({ pid: process.pid, socket: 'x', since: new Date().toISOString() }),
  )
  expect(holderOf(directory)).toBeNull()
  const holder = Holder.take(directory)
  expect(JSON.parse(readFileSync(join(directory, 'holder.json'), 'utf8'))).toEqual(holder.record)
  holder.release()
})

test('of many who try at once, one gets it', async () => {
  const directory = temporaryFolder()
  const results = await Promise.all(
    Array.from({ length: 4 }, () =>
      inProcess(
        { Holder: './holder.ts' },
        `try {
           Holder.take(${JSON.stringify(directory)})
           console.log('held')
           await new Promise((resolve) => setTimeout(resolve, 3000))
         } catch (error) {
           console.log(error.code)
         }`,
      ),
    ),
  )
  const said = results.map((text) => text.trim())
  expect(said.filter((word) => word === 'in-use').length + said.filter((word) => word === 'held').length).toBe(4)
  expect(said.filter((word) => word === 'held').length).toBeGreaterThan(0)
})
