import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { DeviceList, DeviceTrial } from '../../../shared/device.ts'
import { runtimeVersion } from '../../engine/index.ts'
import { Tasks } from '../../project/tasks.ts'
import { ComputeClient } from '../compute/compute-client.ts'
import type { ComputeLauncher } from '../compute/compute-protocol.ts'
import { forkComputeProcess, forkProcess } from '../compute/fork-compute.ts'
import { openComputerFile } from '../computer-file.ts'
import { temporaryFolder } from '../testing.ts'
import { Devices } from './devices.ts'

let folder: ReturnType<typeof temporaryFolder>
let tasks: Tasks
let compute: ComputeClient
let chosen: string
let busy: boolean
beforeEach(() => {
  // Without a driver that the machine may have: what is said must not depend on it.
  vi.stubEnv('VK_DRIVER_FILES', '/dev/null')
  folder = temporaryFolder()
  tasks = new Tasks()
  compute = new ComputeClient(forkComputeProcess)
  ;[chosen, busy] = ['automatic', false]
})
afterEach(async () => {
  await tasks.close()
  await compute.close()
  folder[Symbol.dispose]()
  vi.unstubAllEnvs()
})

const open = (launch: ComputeLauncher = forkComputeProcess): Devices =>
  new Devices({
    home: folder.path,
    tasks,
    compute,
    launch,
    choice: { get: async () => chosen, set: async (device) => void (chosen = device) },
    busy: () => busy,
  })

/** The task of a trial when it has ended. */
function ended({ task }: { task: string }): Promise<unknown> {
  return new Promise((resolve) => {
    const look = () => {
      const found = tasks.list().find(({ id }) => id === task)
      if (found?.state !== 'running') resolve(found)
    }
    tasks.onChanged(look)
    look()
  })
}

/** Writes down what a trial could have found on a computer that has more than this one, the families left out. */
async function record(trials: Record<string, DeviceTrial>): Promise<void> {
  const file = openComputerFile(join(folder.path, 'devices.json'), 'trials', z.any())
  const version = await runtimeVersion()
  await file.record(
    Object.fromEntries(
      Object.entries(trials).map(([name, trial]) => [`${name} ${version}`, { ...trial, families: {} }]),
    ),
  )
}

const trialOf = ({ devices }: DeviceList, name: string) => devices.find(({ device }) => device === name)?.trial

describe('the devices of this computer', () => {
  test('are listed, untried at first, and the processor is used', async () => {
    const list = await open().list()
    expect(list).toMatchObject({ chosen: 'automatic', used: 'cpu' })
    expect(list.devices[0]).toMatchObject({ device: 'cpu', title: 'Processor', trial: null })
    expect(list.devices.map(({ device }) => device)).toContain('tensorflow')
  })

  test('are tried: the processor works, and what is not there says what it would take', async () => {
    const devices = open()
    const told: DeviceList[] = []
    devices.onChanged((list) => told.push(list))
    expect(await ended(await devices.try())).toMatchObject({ state: 'done', kind: 'trial' })
    const list = await devices.list()
    expect(trialOf(list, 'cpu')).toMatchObject({ result: 'works', difference: expect.closeTo(0, 3) })
    expect(trialOf(list, 'cpu')).toHaveProperty('imagesPerSecond', expect.any(Number))
    expect(trialOf(list, 'tensorflow')).toMatchObject({
      result: 'unavailable',
      details: expect.stringContaining('TensorFlow is not installed'),
    })
    const wanting = list.devices.filter(({ device }) => device === 'cuda')
    for (const { trial } of wanting) {
      expect(trial).toMatchObject({ result: 'unavailable', reason: expect.stringContaining('It needs') })
    }
    expect(told).toHaveLength(list.devices.length)
    expect(list.used).toBe('cpu')
    expect(await open().list()).toEqual(list)
  })

  test('that take their process down are known by it, and nothing else ends', async () => {
    const devices = open(forkProcess(new URL('./device-testing.ts', import.meta.url)))
    expect(await ended(await devices.try('tensorflow'))).toMatchObject({ state: 'done' })
    const list = await devices.list()
    expect(trialOf(list, 'tensorflow')).toMatchObject({
      result: 'failed',
      details: expect.stringContaining('SIGABRT'),
    })
    await expect(devices.choose('tensorflow')).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringContaining('does not work here'),
    })
  })

  test('that do not work for a family of models leave it to the processor, and say why', async () => {
    const launch = forkProcess(new URL('./device-testing.ts', import.meta.url))
    expect(await ended(await open(launch).try('webgpu'))).toMatchObject({ state: 'done' })
    await record({ cpu: { result: 'works', difference: 0, imagesPerSecond: 10 } })
    // Another start of the application knows it still.
    const devices = open()
    const list = await devices.list()
    expect(list.used).toBe('webgpu')
    expect(list.devices.find(({ device }) => device === 'cpu')?.families).toEqual([])
    const found = list.devices.find(({ device }) => device === 'webgpu')?.families ?? []
    expect(found.map(({ family, trial }) => [family, trial?.result])).toEqual([
      ['vision-transformer', 'works'],
      ['scaled-vision-transformer', 'works'],
      ['resnet', 'works'],
      ['mobilenet', 'works'],
      ['efficientnet', 'works'],
      ['convnext', 'failed'],
      ['inception', 'disagrees'],
    ])
    for (const model of ['simple_cnn', 'resnet50', 'vit_small_patch14_dinov2']) {
      expect(await devices.usedFor(model)).toEqual({ device: 'webgpu', note: null })
    }
    const why = {
      inception_v3: 'does not compute what the processor does with Inception v3',
      convnext_tiny: 'failed when it was tried with ConvNeXt',
    }
    for (const choice of ['automatic', 'webgpu']) {
      await devices.choose(choice)
      for (const [model, reason] of Object.entries(why)) {
        const { device, note } = await devices.usedFor(model)
        expect(device).toBe('cpu')
        expect(note).toContain(reason)
        expect(note).toMatch(/, so the processor computes this run\.$/)
      }
    }
    await record({ webgpu: { result: 'works', difference: 0, imagesPerSecond: 99 } })
    expect((await devices.usedFor('resnet18')).note).toContain('has not been tried with ResNets yet')
    // A device that is slower is none the worse for it.
    await record({ cpu: { result: 'works', difference: 0, imagesPerSecond: 100 } })
    await devices.choose('automatic')
    expect(await devices.usedFor('inception_v3')).toEqual({ device: 'cpu', note: null })
  })

  test('are chosen once they were found to work', async () => {
    const devices = open()
    await expect(devices.choose('abacus')).rejects.toMatchObject({ code: 'not-found' })
    await expect(devices.choose('tensorflow')).rejects.toMatchObject({
      message: expect.stringContaining('try it first'),
    })
    await record({ cpu: { result: 'works', difference: 0, imagesPerSecond: 10 } })
    await record({ tensorflow: { result: 'works', difference: 1e-5, imagesPerSecond: 99 } })
    expect(await devices.usedFor('simple_cnn')).toEqual({ device: 'tensorflow', note: null })
    expect(await devices.choose('cpu')).toMatchObject({ chosen: 'cpu', used: 'cpu' })
    expect(await devices.choose('tensorflow')).toMatchObject({ chosen: 'tensorflow', used: 'tensorflow' })
    await record({ tensorflow: { result: 'disagrees', difference: 0.4, imagesPerSecond: 99 } })
    await expect(devices.choose('tensorflow')).rejects.toMatchObject({
      message: expect.stringContaining('does not compute as the processor does'),
    })
    expect(await devices.choose('automatic')).toMatchObject({ chosen: 'automatic', used: 'cpu' })
  })

  test('are left alone while something trains, or another is tried', async () => {
    const devices = open()
    busy = true
    await expect(devices.try()).rejects.toMatchObject({ code: 'in-use' })
    busy = false
    const first = await devices.try('cpu')
    await expect(devices.try()).rejects.toMatchObject({ code: 'in-use' })
    tasks.cancel(first.task)
    expect(await ended(first)).toMatchObject({ state: 'cancelled' })
    expect(trialOf(await devices.list(), 'cpu')).toBeNull()
    await expect(devices.try('abacus')).rejects.toMatchObject({ code: 'not-found' })
  })
})
