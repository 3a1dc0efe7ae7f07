/** The command line given what real folders, files and users give it: one clear sentence, and nothing lost. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import {
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pMap from 'p-map'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClient } from '../shared/transport.ts'
import { channelPath, connectWebSocket } from '../shared/websocket.ts'
import { startFleuron } from './browser.ts'
import { drawPhotos } from './photo-folder.ts'

const cli = fileURLToPath(new URL('../out/main/cli.js', import.meta.url))
const small = ['--model', 'simple_cnn', '--set', 'imageSize=32', '--set', 'batchSize=8']
const nobody = 65_534

let root: string
const at = (...path: string[]): string => join(root, ...path)

interface Result {
  status: number | null
  stdout: string
  /** What it said on stderr, without the lines that only say how far it is. */
  said: string[]
}

interface Started {
  readonly pid: number
  readonly ended: Promise<Result>
  stderr(): string
}

function start(args: string[], options: { env?: Record<string, string>; asNobody?: boolean } = {}): Started {
  const { FLEURON_WEIGHTS: _unset, ...env } = process.env
  const child = spawn(process.execPath, [cli, ...args], {
    env: { ...env, FLEURON_HOME: at('home'), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, as a terminal gives one: Ctrl+C reaches all of it.
    detached: true,
    ...(options.asNobody ? { uid: nobody, gid: nobody } : {}),
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text
    })
  }
  const progress =
    /^(Waiting for another command.*|Reading photos|Training Simple CNN|Training ViT-Tiny|Classifying|Drawing the sample|Copying photos|Linking photos)(: \d+ of \d+ \w+)?$/
  return {
    pid: child.pid ?? 0,
    stderr: () => texts.stderr,
    ended: new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (status) => {
        const said = texts.stderr.split('\n').filter((line) => line !== '' && !progress.test(line))
        resolve({ status, stdout: texts.stdout, said })
      })
    }),
  }
}

const run = (args: string[], options?: Parameters<typeof start>[1]): Promise<Result> => start(args, options).ended

/** What a command that succeeds prints: one JSON document and nothing else. */
async function done(args: string[], options?: Parameters<typeof start>[1]) {
  const result = await run([...args, '--json'], options)
  expect(result, args.join(' ')).toMatchObject({ status: 0 })
  return { ...JSON.parse(result.stdout), said: result.said }
}

/** Every command fails with its status, one sentence on stderr and nothing on stdout. */
async function refused(
  cases: [args: string[], status: 1 | 2, sentence: RegExp, env?: Record<string, string>][],
  concurrency = 2,
) {
  await pMap(
    cases,
    async ([args, status, sentence, env]) => {
      const result = await run([...args, '--json'], env ? { env } : {})
      const name = args.join(' ')
      expect(result, name).toMatchObject({ status, stdout: '' })
      expect(result.said, name).toEqual([expect.stringMatching(sentence)])
      expect(result.said[0], name).not.toContain('made a mistake')
    },
    { concurrency },
  )
}

/** Everything in a folder: kind, time and content. */
async function stateOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  return Promise.all(
    entries.toSorted().map(async (entry) => {
      const path = join(folder, entry)
      const { mode, mtimeMs } = await lstat(path)
      const content = (await lstat(path)).isFile()
        ? createHash('sha256')
            .update(await readFile(path))
            .digest('hex')
        : ''
      return `${entry} ${mode} ${mtimeMs} ${content}`
    }),
  )
}

const labelsOf = async (project: string): Promise<number> => {
  const to = at(`labels-${Math.random()}.csv`)
  await done(['export-labels', '--project', project, '--to', to])
  return readFileSync(to, 'utf8')
    .split('\r\n')
    .filter((line) => /,(daisy|rose),/.test(line)).length
}

const runsOf = (project: string): { state: string; hasModel: number }[] => {
  const database = new DatabaseSync(join(project, 'project.db'), { readOnly: true })
  try {
    const found = database.prepare('SELECT state, has_model AS hasModel FROM run ORDER BY number').all()
    return found.map(({ state, hasModel }) => ({ state: String(state), hasModel: Number(hasModel) }))
  } finally {
    database.close()
  }
}

/** Processes that a process has started. */
const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

async function until<T>(look: () => T | undefined | false, started: Started): Promise<T> {
  let over = false
  void started.ended.then(() => (over = true))
  for (;;) {
    const found = look()
    if (found) return found
    if (over) throw new Error(`It ended too early: ${started.stderr()}`)
    await pause(20)
  }
}

const computeOf = (started: Started): Promise<number> => until(() => childrenOf(started.pid)[0], started)

/** A long training of a copy of the project, when its first checkpoint is there. */
async function training(name: string): Promise<{ project: string; started: Started }> {
  const project = at(name)
  await done(['import', at('photos'), '--project', project])
  const started = start([
    'train',
    '--project',
    project,
    ...small,
    '--set',
    'epochs=2000',
    '--set',
    'patience=0',
    '--json',
  ])
  const checkpoint = () =>
    readdirSync(join(project, 'runs'), { recursive: true }).some((path) => String(path).endsWith('last.safetensors'))
  await until(checkpoint, started)
  return { project, started }
}

let model: string
let before: string[]

beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'fleuron-bad-')))
  await chmod(root, 0o755)
  await drawPhotos(at('photos'), { daisy: 10, rose: 10 })
  before = await stateOf(at('photos'))
  await mkdir(at('empty'))
  await writeFile(at('file'), 'no folder')
  await done(['import', at('photos'), '--project', at('project')])
  ;({ model } = await done(['train', '--project', at('project'), ...small, '--set', 'epochs=1']))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

describe('folders', () => {
  it('without photos, that are not there, or are none', () =>
    refused([
      [['import', at('empty'), '--project', at('p')], 1, /^There are no photos in .*empty; choose a folder with/],
      [['import', at('nowhere'), '--project', at('p')], 1, /cannot be reached; connect its disk/],
      [['import', at('file'), '--project', at('p')], 1, /is a file and not a folder/],
      [['import', at('photos'), '--project', at('photos', 'p')], 1, /cannot be kept in .* among its photos/],
      [['import', at('empty'), '--project', at('project')], 1, /is the project of .*photos; name another --project/],
      [['classify', at('empty'), '--model', model], 1, /^There are no photos in/],
      [['classify', at('nowhere'), '--model', model], 1, /cannot be reached/],
    ]))

  it('whose photos lie beside the class folders, or whose classes differ in case only', async () => {
    await drawPhotos(at('mixed'), { '': 2, daisy: 2, rose: 2 })
    const mixed = await done(['import', at('mixed'), '--project', at('mixed-project')])
    expect(mixed).toMatchObject({
      photos: 6,
      warnings: [expect.stringMatching(/^2 photos lie beside the class folders/)],
    })
    expect(mixed.said).toEqual(mixed.warnings)

    await drawPhotos(at('case'), { Rose: 2, rose: 2, daisy: 2 })
    await refused([[['import', at('case'), '--project', at('p')], 1, /add --merge-case .* or --no-merge-case/]])
    const names = async (flag: string) => {
      const { classes } = await done(['import', at('case'), '--project', at(flag), flag])
      return classes.map(({ name, count }: { name: string; count: number }) => `${name} ${count}`)
    }
    expect(await names('--merge-case')).toEqual(['daisy 2', 'Rose 4'])
    expect(await names('--no-merge-case')).toEqual(['daisy 2', 'Rose 2', 'rose 2'])
  })

  it('with files of every kind: what can be read is used, what cannot is listed with the reason', async () => {
    const folder = at('weird')
    await drawPhotos(folder, { daisy: 4, rose: 4 })
    const daisy = (name: string): string => join(folder, 'daisy', name)
    const photo = await readFile(daisy('daisy_01.jpg'))
    const orange = () => sharp({ create: { width: 60, height: 40, channels: 3, background: '#f80' } })
    await writeFile(daisy('empty.jpg'), '')
    await writeFile(daisy('half.jpg'), photo.subarray(0, photo.length / 2))
    await writeFile(daisy('text.jpg'), 'milk, bread, eggs')
    await orange().toColourspace('rgb16').png().toFile(daisy('sixteen bits.png'))
    await orange().toColourspace('cmyk').jpeg().toFile(daisy('cmyk.jpg'))
    await orange().greyscale().jpeg().toFile(daisy('grey.jpg'))
    await orange().png({ palette: true }).toFile(daisy('palette.png'))
    const frames = await Promise.all([orange().png().toBuffer(), orange().negate().png().toBuffer()])
    await sharp(frames, { join: { animated: true } })
      .gif()
      .toFile(daisy('animated.gif'))
    await writeFile(daisy('🌹 Überraschung ñ.jpg'), photo)
    await writeFile(daisy(`${'x'.repeat(240)}.jpg`), photo)
    await symlink('..', daisy('loop'))
    await symlink('nowhere.jpg', daisy('broken.jpg'))
    const reasons = [/empty \(0 bytes\)/, /^The file breaks off/, /is a text file and not a photo/]
    const state = await stateOf(folder)

    const imported = await done(['import', folder, '--project', at('weird-project')])
    expect(imported.photos).toBe(18)
    const unreadable = ['daisy/empty.jpg', 'daisy/half.jpg', 'daisy/text.jpg'].map((path, index) => ({
      path,
      reason: expect.stringMatching(reasons[index] as RegExp),
    }))
    expect(imported.unreadable).toEqual(unreadable)
    expect(imported.warnings).toEqual([
      expect.stringMatching(/^Links to folders that were read already/),
      expect.stringMatching(/^Links that lead nowhere/),
    ])
    const trained = await done(['train', '--project', at('weird-project'), ...small, '--set', 'epochs=1'])
    expect(trained.unreadable).toEqual(unreadable)
    const classified = await done(['classify', folder, '--model', trained.model])
    expect(classified.photos).toHaveLength(15)
    expect(classified.unreadable).toHaveLength(3)
    expect(await stateOf(folder)).toEqual(state)
  })

  it('with unreadable files only', async () => {
    await mkdir(at('unreadable', 'rose'), { recursive: true })
    await writeFile(at('unreadable', 'rose', 'a.jpg'), '')
    const { photos, unreadable } = await done(['classify', at('unreadable'), '--model', model])
    expect([photos, unreadable]).toEqual([[], [{ path: 'rose/a.jpg', reason: expect.stringContaining('empty') }]])
    await refused([[['evaluate', at('unreadable'), '--model', model], 1, /^None of the 1 photos in .* could be read/]])
  })

  it('without permission', async ({ skip }) => {
    if (process.getuid?.() !== 0 || (await run(['--version'], { asNobody: true }).catch(() => null))?.status !== 0) {
      process.stdout.write('NOT RUN: only root can become nobody, who has to be able to read the application\n')
      return skip()
    }
    await drawPhotos(at('closed'), { daisy: 2, rose: 2 })
    await chmod(at('closed', 'rose'), 0)
    await chmod(at('closed', 'daisy', 'daisy_01.jpg'), 0)
    await mkdir(at('theirs'), { mode: 0o777 })
    await chmod(at('theirs'), 0o777)
    const options = { asNobody: true, env: { FLEURON_HOME: at('theirs', 'home') } }
    const imported = await done(['import', at('closed'), '--project', at('theirs', 'project')], options)
    expect(imported).toMatchObject({
      photos: 2,
      unreadable: [{ path: 'daisy/daisy_01.jpg', reason: expect.stringContaining('may not read this file') }],
      warnings: [expect.stringMatching(/^Your account may not read rose; change the permissions/)],
    })
    expect((await done(['classify', at('closed'), '--model', model], options)).warnings).toEqual(imported.warnings)
    await chmod(at('closed'), 0)
    const project = ['--project', at('theirs', 'project')]
    for (const [args, sentence] of [
      [['import', at('closed'), '--project', at('theirs', 'p')], /^Your account may not read/],
      [['import', at('photos'), '--project', at('empty', 'p')], /cannot write to/],
      [['train', '--project', at('project')], /cannot write to/],
      [['export-labels', ...project, '--to', at('empty', 'labels.csv')], /table cannot be written to/],
      [['export-labels', ...project, '--to', at('empty', 'labels')], /cannot/],
      [['sample', '--to', at('empty', 'sample')], /sample cannot be drawn in/],
    ] as const) {
      const { status, stdout, said } = await run([...args, '--json'], options)
      expect({ status, stdout, said }, args.join(' ')).toEqual({
        status: 1,
        stdout: '',
        said: [expect.stringMatching(sentence)],
      })
    }
    await chmod(at('closed'), 0o755)
    await chmod(at('closed', 'rose'), 0o755)
  })
})

describe('training', () => {
  it('is refused with what is wanting', async () => {
    const projects = { one: { daisy: 3 }, few: { daisy: 1, rose: 2 }, none: { '': 3 } }
    for (const [name, classes] of Object.entries(projects)) {
      await drawPhotos(at(`${name}-photos`), classes)
      await done(['import', at(`${name}-photos`), '--project', at(name)])
    }
    const train = (name: string, ...more: string[]) => ['train', '--project', at(name), ...more]
    const zip = at('vit_tiny_patch16_224.safetensors')
    await writeFile(zip, 'PK\u0003\u0004 what torch.save writes')
    const vit = ['--model', 'vit_tiny_patch16_224']
    // One after the other: a command goes through the one that holds the project, under that one's FLEURON_WEIGHTS.
    await refused(
      [
        [train('one', ...small), 1, /^All labelled photos are of daisy; label photos of at least one other class/],
        [train('few', ...small), 1, /^daisy has only 1 photo; label another/],
        [train('none', ...small), 1, /^No photo that can be read has a label/],
        [train('empty'), 1, /^There is no project in .*empty; make one with/],
        [train('project', '--model', 'resnet51'), 2, /^There is no such way to train; choose one of/],
        [train('project', '--model', 'resnet50'), 1, /pretrained weights, which are not on this computer/],
        [train('project', '--model', 'simple_cnn', '--mode', 'frozen'), 2, /^There is no such way to train/],
        [train('project', '--set', 'epoch=1'), 2, /^There is no setting “epoch”; there are stages, imageSize, epochs/],
        [train('project', '--set', 'epochs=many'), 2, /a whole number from 1 to/],
        [train('project', '--set', 'imageSize=9999'), 2, /a whole number from 32 to 640/],
        [train('project', ...vit), 1, /pretrained weights, which are not on this computer/],
        [train('project', ...vit), 1, /is a PyTorch file \(pickle\)/, { FLEURON_WEIGHTS: zip }],
        [
          train('project'),
          1,
          /^FLEURON_WEIGHTS names .*, where nothing is; correct it/,
          { FLEURON_WEIGHTS: at('gone') },
        ],
        [['train'], 2, /--project <dir>' not specified/],
      ],
      1,
    )
  })

  it('goes on without photos that have gone or are photos no longer', async () => {
    await cp(at('photos'), at('changing'), { recursive: true })
    await done(['import', at('changing'), '--project', at('changing-project')])
    await rm(at('changing', 'daisy', 'daisy_01.jpg'))
    await writeFile(at('changing', 'rose', 'rose_01.jpg'), 'now a text')
    const { unreadable } = await done(['train', '--project', at('changing-project'), ...small, '--set', 'epochs=1'])
    expect(unreadable).toEqual([
      { path: 'daisy/daisy_01.jpg', reason: expect.stringContaining('gone') },
      { path: 'rose/rose_01.jpg', reason: expect.stringContaining('text file') },
    ])
    expect(await labelsOf(at('changing-project'))).toBe(20)
    await rm(at('changing'), { recursive: true })
    await refused([
      [['train', '--project', at('changing-project'), ...small], 1, /changing cannot be reached; connect its disk/],
      [['export-labels', '--project', at('changing-project'), '--to', at('links')], 1, /changing cannot be reached/],
    ])
    expect(await labelsOf(at('changing-project'))).toBe(20)
  })

  it('and other commands on one project at the same time: each does its work, none is cut off', async () => {
    const project = ['--project', at('project')]
    const commands = [
      ['train', ...small, '--set', 'epochs=2'],
      ...['a', 'b', 'c'].map((name) => ['export-labels', '--to', at(`${name}.csv`)]),
    ]
    await Promise.all(commands.map((command) => done([...command, ...project])))
  })

  it('goes through the process that holds the project', async () => {
    const held = await startFleuron()
    const cookie = (await fetch(held.address)).headers.get('set-cookie')?.split(';')[0] ?? ''
    const Native = WebSocket
    // A browser sends its cookie by itself.
    vi.stubGlobal('WebSocket', function open(url: URL) {
      return new Native(url, { headers: { cookie } } as unknown as string[])
    })
    const connection = connectWebSocket(
      new URL(channelPath, held.address.replace('http:', 'ws:').replace(/\?.*/, '')),
      () => undefined,
    )
    try {
      const window = createClient(connection)
      await window.projects.open({ directory: at('project') })
      const trained = await done(['train', '--project', at('project'), ...small, '--set', 'epochs=1'])
      expect((await window.training.runs()).map(({ id }) => id)).toContain(trained.run)
    } finally {
      connection.close()
      vi.unstubAllGlobals()
      await held.stop()
    }
  })
})

describe('models, projects and places', () => {
  it('a model that is none, or damaged', async () => {
    const damage = {
      'no card': (folder: string) => rm(join(folder, 'card.json')),
      'half a card': (folder: string) => truncate(join(folder, 'card.json'), 200),
      'no model': (folder: string) => rm(join(folder, 'model.onnx')),
      'half a model': (folder: string) => truncate(join(folder, 'model.onnx'), 3000),
      'an empty model': (folder: string) => truncate(join(folder, 'model.onnx'), 0),
      noise: (folder: string) => writeFile(join(folder, 'model.onnx'), Buffer.alloc(5000, 0x5a)),
      'of another maker': async (folder: string) => {
        const file = join(folder, 'model.onnx')
        await writeFile(file, (await readFile(file)).toString('latin1').replaceAll('fleuron.', 'someone.'), 'latin1')
      },
    }
    for (const [name, spoil] of Object.entries(damage)) {
      await cp(model, at('models', name), { recursive: true })
      await spoil(at('models', name))
    }
    await drawPhotos(at('strange'), { daisy: 1, tulip: 1 })
    await refused([
      ...Object.keys(damage).map((name): [string[], 1, RegExp] => [
        ['classify', at('photos'), '--model', at('models', name)],
        1,
        /no model folder; choose|is missing in .*; export|is damaged.*; export/,
      ]),
      [['evaluate', at('strange'), '--model', model], 1, /^The model does not know tulip, only daisy, rose/],
      [['classify', at('photos'), '--model', at('empty')], 1, /is no model folder; choose the folder/],
      [['quantize', '--model', at('empty')], 2, /lies in no project; name photos to measure on with --photos/],
      [['quantize', '--model', at('empty'), '--photos', at('photos')], 1, /is no model folder; choose the folder/],
    ])
  })

  it('a project that is none, damaged, or of a newer Fleuron', async () => {
    for (const name of ['newer', 'noise', 'foreign']) await cp(at('project'), at('broken', name), { recursive: true })
    const database = (name: string) => new DatabaseSync(at('broken', name, 'project.db'))
    const newer = database('newer')
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    await writeFile(at('broken', 'noise', 'project.db'), Buffer.alloc(20_000, 0x5a))
    await rm(at('broken', 'foreign', 'project.db'))
    const foreign = database('foreign')
    foreign.exec('CREATE TABLE mine (text TEXT)')
    foreign.close()
    const labels = (name: string) => ['export-labels', '--project', at(name), '--to', at('x.csv')]
    await refused([
      [labels('broken/newer'), 1, /made by a newer Fleuron .*; update Fleuron/],
      [labels('broken/noise'), 1, /cannot be read; bring it back from a copy/],
      [labels('broken/foreign'), 1, /is not a Fleuron project/],
      [labels('empty'), 1, /^There is no project in/],
    ])
  })

  it('a place that is taken, or not there', async () => {
    const project = ['--project', at('project')]
    const state = await stateOf(at('mixed'))
    await refused([
      [['export-labels', ...project, '--to', at('gone', 'labels.csv')], 1, /^There is no folder .*gone; make it first/],
      [['export-labels', ...project, '--to', at('mixed')], 1, /is not empty, and nothing is overwritten/],
      [['export-labels', ...project, '--to', at('photos', 'x')], 1, /lies among the photos/],
      [['classify', at('photos'), '--model', model, '--out', at('gone', 'x.csv')], 1, /^There is no folder .*gone/],
      [['classify', at('photos'), '--model', model, '--out', at('empty')], 1, /is a folder; name a file in it/],
      [['sample', '--to', at('mixed')], 1, /does not hold the sample; name a new or empty folder/],
      [['import', at('photos'), '--project', at('mixed')], 1, /is not an empty folder/],
    ])
    const { status, stdout, said } = await run(['start', '--headless', '--port', 'http'])
    expect({ status, stdout, said }).toEqual({
      status: 2,
      stdout: '',
      said: [expect.stringMatching(/from 0 .* to 65535/)],
    })
    expect(await stateOf(at('mixed'))).toEqual(state)
    expect(await readdir(at('empty'))).toEqual([])
  })
})

describe.skipIf(process.platform !== 'linux')('the end of a process', () => {
  it('kill -9 of the compute process while training: the best epoch is kept, the run can go on, the next one begins', async () => {
    const { project, started } = await training('killed')
    process.kill(await computeOf(started), 'SIGKILL')
    const { status, stdout, said } = await started.ended
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(said).toEqual([
      expect.stringMatching(
        /^The compute process was ended from outside \(signal SIGKILL\).* was kept; the run can be resumed\.$/,
      ),
    ])
    expect(runsOf(project)).toEqual([{ state: 'interrupted', hasModel: 1 }])
    expect(await labelsOf(project)).toBe(20)
    await done(['train', '--project', project, ...small, '--set', 'epochs=1'])
    expect(runsOf(project).at(-1)).toEqual({ state: 'finished', hasModel: 1 })
  })

  it('Ctrl+C while training: it ends, the run is cancelled, the labels are there', async () => {
    const { project, started } = await training('interrupted')
    process.kill(-started.pid, 'SIGINT')
    expect(await started.ended).toEqual({ status: 1, stdout: '', said: ['Stopped.'] })
    expect(runsOf(project)).toMatchObject([{ state: 'cancelled' }])
    expect(await labelsOf(project)).toBe(20)
  })

  it('while classifying: nothing half-written, the next command works', async () => {
    const classify = ['classify', at('photos'), '--model', model, '--out', at('tables', 'predictions.csv')]
    await mkdir(at('tables'))
    const killed = start([...classify, '--json'])
    process.kill(await computeOf(killed), 'SIGKILL')
    expect(await killed.ended).toEqual({
      status: 1,
      stdout: '',
      said: [expect.stringMatching(/^The compute process was ended from outside \(signal SIGKILL\)/)],
    })
    const interrupted = start([...classify, '--json'])
    await computeOf(interrupted)
    process.kill(-interrupted.pid, 'SIGINT')
    expect(await interrupted.ended).toEqual({ status: 1, stdout: '', said: [expect.stringMatching(/stopped/)] })
    expect(await readdir(at('tables'))).toEqual([])
    expect((await done(classify)).photos).toHaveLength(20)
    expect(await readdir(at('tables'))).toEqual(['predictions.csv'])
  })

  it('Ctrl+C while the sample is drawn leaves nothing of it', async () => {
    await mkdir(at('drawing'))
    const started = start(['sample', '--to', at('drawing', 'sample'), '--json'])
    await until(() => started.stderr().includes('Drawing'), started)
    process.kill(-started.pid, 'SIGINT')
    expect(await started.ended).toEqual({ status: 1, stdout: '', said: ['Stopped.'] })
    expect(await readdir(at('drawing'))).toEqual([])
  })
})

it('after all of this the photos are as they were', async () => expect(await stateOf(at('photos'))).toEqual(before))
