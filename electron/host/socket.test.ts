import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import { connectToHolder } from './socket.ts'
import { startApplication, type StartedApplication } from './start-application.ts'
import { terminalHost } from './terminal.ts'

let home: string
let folder: string
let application: StartedApplication

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fleuron-socket-'))
  folder = join(home, 'photos')
  await mkdir(folder)
  await writeFile(join(folder, 'no photo.jpg'), 'but a name with \u2028 is a name')
  application = await startApplication({ home, host: terminalHost(), launchCompute: forkComputeProcess })
})
afterAll(async () => {
  await application.close()
  await rm(home, { recursive: true, force: true })
})

const create = async (name: string) => (await application.services.projects.create({ folder, name })).project.directory
const socketOf = async (directory: string): Promise<string> =>
  JSON.parse(await readFile(join(directory, 'holder.json'), 'utf8')).socket

it('serves the holder of a project to other processes of the user', async () => {
  const directory = await create('One')
  const holder = await connectToHolder(directory)
  expect(holder).not.toBeNull()
  if (!holder) return
  const { services, close } = holder
  expect(await services.projects.current()).toMatchObject({ name: 'One' })

  const names: string[] = []
  services.projects.onChanged((project) => names.push(project?.name ?? ''))
  await services.projects.rename({ name: 'Eins\u2028\n"1"' })
  await vi.waitFor(() => expect(names).toContain('Eins\u2028\n"1"'))
  expect((await application.services.projects.current())?.name).toBe('Eins\u2028\n"1"')

  await expect(services.labels.createClass({ name: '' })).rejects.toMatchObject({ code: 'invalid-input' })
  close()
  await expect(services.projects.current()).rejects.toMatchObject({ code: 'not-ready' })
  await expect(services.projects.recent()).rejects.toMatchObject({ code: 'not-ready' })
})

it.skipIf(process.platform === 'win32')('is closed to other users', async () => {
  const socket = await socketOf(await create('Two'))
  expect((await stat(socket)).mode & 0o777).toBe(0o600)
})

it('ends a connection that does not speak its language, and lives on', async () => {
  const directory = await create('Three')
  const stranger = connect(await socketOf(directory))
  stranger.resume().write('GET / HTTP/1.1\r\n\r\n')
  await once(stranger, 'close')
  const holder = await connectToHolder(directory)
  expect(await holder?.services.projects.current()).toMatchObject({ name: 'Three' })
  holder?.close()
})

it('moves with the project, and goes when it is closed', async () => {
  const before = await create('Four')
  const socket = await socketOf(before)
  const after = await create('Five')
  expect(await connectToHolder(before)).toBeNull()
  await expect(stat(socket)).rejects.toMatchObject({ code: 'ENOENT' })
  const holder = await connectToHolder(after)
  expect(await holder?.services.projects.current()).toMatchObject({ name: 'Five' })
  holder?.close()
  await application.services.projects.close()
  expect(await connectToHolder(after)).toBeNull()
})

it('does not go on with another project, nor keep one waiting who calls while it ends', async () => {
  const holder = await connectToHolder(await create('Seven'))
  if (!holder) throw new Error('Nobody answers.')
  await holder.services.projects.current()
  const directory = await create('Eight')
  await expect(holder.services.projects.current()).rejects.toMatchObject({ code: 'not-ready' })

  const last = await connectToHolder(directory)
  if (!last) throw new Error('Nobody answers.')
  await last.services.projects.current()
  let drained = false
  const draining = application.drain().then(() => (drained = true))
  await expect(connectToHolder(directory)).rejects.toMatchObject({ code: 'in-use' })
  expect(await last.services.projects.current()).toMatchObject({ name: 'Eight' })
  expect(drained).toBe(false)
  last.close()
  await draining
})

it('says who holds a project that does not answer', async () => {
  const directory = await create('Six')
  const record = JSON.parse(await readFile(join(directory, 'holder.json'), 'utf8'))
  await writeFile(join(directory, 'holder.json'), JSON.stringify({ ...record, socket: join(home, 'nowhere.sock') }))
  await expect(connectToHolder(directory)).rejects.toMatchObject({
    code: 'in-use',
    message: expect.stringContaining(`process ${process.pid}`),
  })
})
