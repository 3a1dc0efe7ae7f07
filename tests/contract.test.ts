/** The contract holds through both hosts: the same calls, answers, errors and events. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import sharp from 'sharp'
import { reactive } from 'vue'
import { createBrowserHost } from '../electron/host/browser/host.ts'
import { serve } from '../electron/host/browser/serve.ts'
import { askBeforeClosing } from '../electron/host/desktop/window.ts'
import { launchComputeUtility } from '../electron/host/desktop/launch-compute.ts'
import { startDesktop } from '../electron/host/desktop/start.ts'
import { startApplication } from '../electron/host/start-application.ts'
import { ComputeClient } from '../electron/train/compute/compute-client.ts'
import { jobName } from '../electron/train/compute/compute-protocol.ts'
import { forkComputeProcess } from '../electron/train/compute/fork-compute.ts'
import type { Contract, Settings } from '../shared/contract.ts'
import { photoUrl } from '../shared/photo.ts'
import type { Project } from '../shared/project.ts'
import type { Task } from '../shared/task.ts'
import { createClient, type ServerMessage } from '../shared/transport.ts'
import { channelPath, connectWebSocket } from '../shared/websocket.ts'
import { patience } from './patience.ts'
import { app, desktop, sendFrom, StandInWindow, visit } from './electron-stand-in.ts'

vi.mock('electron', () => import('./electron-stand-in.ts'))

const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, { timeout: patience })

interface Opened {
  fleuron: Contract
  /** What the user will do when asked for a folder. */
  answerWith(folder: string | null): void
  /** GET of an address relative to the page. */
  fetch(path: string, headers?: Record<string, string>): Promise<Response>
  close(): Promise<void>
}

async function openDesktop(home: string): Promise<Opened> {
  process.env['FLEURON_HOME'] = home
  startDesktop()
  await eventually(() => expect(desktop.windows[0]?.shown).toBe(true))
  await import('../electron/preload.ts')
  return {
    fleuron: desktop.world['fleuron'] as Contract,
    answerWith: (folder) => void desktop.folders.push(folder),
    fetch: (path, headers = {}) => visit(`fleuron://app/${path}`, { headers }),
    close: async () => {
      desktop.windows[0]?.close()
      expect(await app.ended).toBe(0)
    },
  }
}

async function openBrowser(home: string): Promise<Opened> {
  const application = await startApplication({ home, host: createBrowserHost(), launchCompute: forkComputeProcess })
  const served = await serve({ application })
  const welcome = await fetch(served.address)
  const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? ''
  // A browser sends its cookie by itself.
  const Native = WebSocket
  vi.stubGlobal('WebSocket', function open(url: URL) {
    return new Native(url, { headers: { cookie } } as unknown as string[])
  })
  const url = new URL(channelPath, served.address.replace('http:', 'ws:').replace(/\?.*/, ''))
  const connection = connectWebSocket(url, () => undefined)
  const fleuron = createClient(connection)
  let folder: string | null = null
  fleuron.host.onFolderRequest(({ request }) => void fleuron.host.answerFolder({ request, path: folder }))
  return {
    fleuron,
    answerWith: (next) => {
      folder = next
    },
    fetch: (path, headers = {}) =>
      fetch(`${new URL(served.address).origin}/${path}`, { headers: { ...headers, cookie } }),
    close: async () => {
      connection.close()
      vi.unstubAllGlobals()
      await served.close()
      await application.close()
    },
  }
}

/** A folder of two classes with two photos each. */
async function twoClasses(home: string): Promise<string> {
  const folder = join(home, 'photos')
  for (const [name, background] of Object.entries({ rose: '#c0304f', daisy: '#f4f1e6' })) {
    await mkdir(join(folder, name), { recursive: true })
    for (const index of [1, 2]) {
      const picture = sharp({ create: { width: 400, height: 300, channels: 3, background } })
      await picture
        .composite([{ input: Buffer.alloc(3 * 64, index), raw: { width: 8, height: 8, channels: 3 } }])
        .jpeg()
        .toFile(join(folder, name, `${index}.jpg`))
    }
  }
  return folder
}

function contractHolds(kind: string, open: (home: string) => Promise<Opened>): void {
  let home = ''
  let opened: Opened
  let fleuron: Contract

  beforeAll(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'fleuron-contract-')))
    opened = await open(home)
    fleuron = opened.fleuron
  })
  afterAll(async () => {
    await opened.close()
    await rm(home, { recursive: true, force: true })
  })

  it('says who it is', async () => {
    expect(await fleuron.host.info()).toMatchObject({ kind, home, platform: process.platform })
  })

  it('answers calls, and tells of what changed', async () => {
    const told: Settings[] = []
    const leave = fleuron.settings.onChanged((settings) => told.push(settings))
    expect(await fleuron.settings.update({ autoAdvance: false })).toMatchObject({ autoAdvance: false })
    await eventually(() =>
      expect(told).toEqual([
        { theme: 'system', autoAdvance: false, weights: null, keys: {}, device: 'automatic', notify: true },
      ]),
    )
    leave()
    await fleuron.settings.update({ autoAdvance: true })
    await fleuron.settings.get()
    expect(told).toHaveLength(1)
  })

  it('keeps many calls at once apart', async () => {
    const folders = await Promise.all(Array.from({ length: 40 }, () => fleuron.host.listFolders({ path: home })))
    expect(new Set(folders.map(({ path }) => path))).toEqual(new Set([home]))
  })

  it('refuses what the contract does not allow, and carries errors as values', async () => {
    await expect(fleuron.photos.ids({ filter: {}, order: 'size' as 'name' })).rejects.toMatchObject({
      code: 'invalid-input',
      message: '"order" must be one of name, date, class, but it is "size".',
    })
    await expect(fleuron.host.listFolders({ path: join(home, 'nowhere') })).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('nowhere'),
    })
  })

  it('fails for what cannot be cloned: a proxy of Vue, a function', async () => {
    await expect(async () => fleuron.host.listFolders(reactive({ path: home }))).rejects.toThrow()
    const input = { path: home, more: () => undefined }
    await expect(async () => fleuron.host.listFolders(input)).rejects.toThrow()
  })

  it('lists folders by name, and counts the photos in them', async () => {
    const place = join(home, 'pictures')
    await mkdir(join(place, 'rose 10'), { recursive: true })
    await mkdir(join(place, 'rose 9'))
    await mkdir(join(place, '.hidden'))
    await writeFile(join(place, 'a.JPG'), '')
    await writeFile(join(place, 'notes.txt'), '')
    const listing = await fleuron.host.listFolders({ path: place })
    expect(listing).toEqual({
      path: place,
      parent: home,
      folders: [
        { name: 'rose 9', path: join(place, 'rose 9') },
        { name: 'rose 10', path: join(place, 'rose 10') },
      ],
      photos: 1,
      files: [],
    })
    await writeFile(join(place, 'vit.SafeTensors'), '')
    const { files } = await fleuron.host.listFolders({ path: place, ending: 'safetensors' })
    expect(files).toEqual([{ name: 'vit.SafeTensors', path: join(place, 'vit.SafeTensors') }])
    await expect(fleuron.host.listFolders({ path: place, ending: '*' })).rejects.toMatchObject({
      code: 'invalid-input',
    })
    await expect(fleuron.host.listFolders({ path: '../..' })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(fleuron.host.listFolders({ path: join(place, 'notes.txt') })).rejects.toMatchObject({
      code: 'invalid-input',
    })
  })

  it('asks the user for a folder', async () => {
    for (const folder of [home, null]) {
      opened.answerWith(folder)
      expect(await fleuron.host.chooseFolder({ title: 'Your photos' })).toBe(folder)
      opened.answerWith(folder)
      expect(await fleuron.host.chooseFile({ title: 'Weights', ending: 'safetensors' })).toBe(folder)
    }
    await expect(fleuron.host.answerFolder({ request: 'nobody asked', path: null })).rejects.toMatchObject({
      code: 'not-found',
    })
  })

  it('opens a folder, labels, undoes, and shows the photos', async () => {
    const folder = await twoClasses(home)
    const told: (Project | null)[] = []
    fleuron.projects.onChanged((project) => told.push(project))
    const { project, task } = await fleuron.projects.create({ folder, name: 'Flowers' })
    expect(project).toMatchObject({ name: 'Flowers', folder })
    await eventually(async () => {
      expect((await fleuron.tasks.list()).find(({ id }) => id === task)?.state).toBe('done')
    })
    const { total, photos } = await fleuron.photos.page({ filter: {}, order: 'name', offset: 0, limit: 10 })
    expect(total).toBe(4)

    const [photo] = photos
    await fleuron.labels.set({ photos: [photo?.id ?? ''], classId: null })
    await eventually(() => expect(told.at(-1)).toMatchObject({ photos: 4, labelled: 3 }))
    expect(await fleuron.labels.undo()).toMatchObject({ label: expect.any(String) })
    expect(await fleuron.labels.undo()).toBeNull()
    expect(await fleuron.projects.current()).toMatchObject({ labelled: 4 })

    for (const tier of ['grid', 'preview', 'original'] as const) {
      const picture = await opened.fetch(photoUrl(photo?.id ?? '', tier))
      expect(picture.headers.get('content-type')).toBe('image/jpeg')
      expect((await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).format).toBe('jpeg')
      const etag = picture.headers.get('etag') ?? ''
      const again = await opened.fetch(photoUrl(photo?.id ?? '', tier), { 'if-none-match': etag })
      expect(again.status).toBe(304)
    }
    expect((await opened.fetch(photoUrl('nobody', 'grid'))).status).toBe(404)
  })

  it('carries bytes', async () => {
    const files = [{ name: 'a.jpg', bytes: new Uint8Array([1, 2, 255]) }]
    await expect(fleuron.field.classifyDropped({ run: 'nobody', files })).rejects.toMatchObject({ code: 'not-found' })
    const notBytes = [{ name: 'a.jpg', bytes: [1, 2] as unknown as Uint8Array }]
    await expect(fleuron.field.classifyDropped({ run: 'nobody', files: notBytes })).rejects.toMatchObject({
      code: 'invalid-input',
    })
  })

  it('serves the page, and no file beside it', async () => {
    const page = await opened.fetch('')
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
    for (const path of [
      '../main/cli.js',
      '..%2fmain%2fcli.js',
      '%2e%2e/main/cli.js',
      'assets/../../main/cli.js',
      '/etc/passwd',
      'images/photo/..%2f..%2fetc%2fpasswd/grid',
      'images/photo/nobody/huge',
      'images/photo/nobody/grid/more',
      'images/field/nobody/one/grid',
      'images/field/nobody/-1/grid',
    ]) {
      expect([404, 409], path).toContain((await opened.fetch(path)).status)
    }
  })
}

describe('the desktop host', () => {
  contractHolds('desktop', openDesktop)

  it('opened a window that is fenced in', () => {
    const [window] = desktop.windows
    expect(window?.options.webPreferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
    })
    expect(desktop.schemes).toEqual(['fleuron'])
    const prevented: string[] = []
    for (const url of ['https://example.org/', 'file:///etc/passwd', 'fleuron://app/#/photos', 'fleuron://other/']) {
      window?.webContents.emit('will-navigate', { url, preventDefault: () => prevented.push(url) })
    }
    expect(prevented).toEqual(['https://example.org/', 'file:///etc/passwd', 'fleuron://other/'])
    expect(window?.webContents.openHandler?.({ url: 'https://example.org/' })).toEqual({ action: 'deny' })
  })

  it('tells the page where a dropped folder lies', () => {
    const pathOf = desktop.world['fleuronPathOf'] as (file: File) => string
    expect(pathOf(new File([], 'meadow'))).toBe('/dropped/meadow')
  })

  it('asks before it is closed over work', async () => {
    const window = new StandInWindow({ webPreferences: {} })
    const task = { id: 'a', kind: 'train', title: 'Training', done: 0, total: 9, unit: 'epochs' } as const
    const tasks: Task[] = [{ ...task, state: 'running', etaSeconds: null, error: null }]
    const services = {
      tasks: { list: async () => tasks, cancel: async () => undefined, onChanged: () => () => undefined },
    }
    askBeforeClosing(window as unknown as Parameters<typeof askBeforeClosing>[0], services)
    desktop.buttons.push(0, 1)
    window.close()
    await eventually(() => expect(desktop.asked).toEqual(['Fleuron is still working: Training.']))
    await eventually(() => expect(desktop.buttons).toEqual([1]))
    expect(window.destroyed).toBe(false)
    await new Promise((resolve) => setImmediate(resolve))
    window.close()
    await eventually(() => expect(window.destroyed).toBe(true))
    desktop.windows.pop()
  })

  it('answers a page that was loaded anew, not the one before', async () => {
    const [window] = desktop.windows
    const answers: unknown[] = []
    const send = window?.webContents.send.bind(window.webContents)
    if (!window || !send) return expect.fail('There is no window.')
    // Events go to every page, whenever something happens.
    window.webContents.send = (_channel, message) => {
      if ((message as ServerMessage).kind === 'answer') answers.push(message)
    }
    sendFrom(window, 'fleuron', { kind: 'call', id: 1, service: 'host', method: 'listFolders', input: { path: '' } })
    await new Promise((resolve) => setImmediate(resolve))
    window.webContents.emit('did-start-navigation', { isMainFrame: true, isSameDocument: false })
    sendFrom(window, 'fleuron', { kind: 'call', id: 2, service: 'settings', method: 'get' })
    await eventually(() => expect(answers).toMatchObject([{ kind: 'answer', id: 2 }]))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(answers).toMatchObject([{ kind: 'answer', id: 2 }])
    window.webContents.send = send
  })

  it('has its compute process in a utilityProcess, and notices when it ends', async () => {
    const compute = new ComputeClient(launchComputeUtility)
    await expect(compute.run(jobName('nothing'), {})).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('there is no job called nothing'),
    })
    const cancelled = expect(compute.run(jobName('nothing'), {})).rejects.toMatchObject({ code: 'cancelled' })
    await compute.close()
    await cancelled
  })

  it('serves no page but its own', async () => {
    expect((await visit('fleuron://other/')).status).toBe(403)
    expect((await visit('fleuron://app/', { method: 'POST' })).status).toBe(403)
  })

  it('does not answer a page that is not ours', async () => {
    const foreign = new StandInWindow({ webPreferences: {} })
    foreign.webContents.mainFrame.url = 'https://example.org/'
    const answers: unknown[] = []
    foreign.webContents.send = (_channel: string, message: unknown) => void answers.push(message)
    sendFrom(foreign, 'fleuron', { kind: 'call', id: 1, service: 'settings', method: 'get' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(answers).toEqual([])
    desktop.windows.pop()
  })
})

describe('the browser host', () => contractHolds('browser', openBrowser))
