import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectToHolder } from '../host/socket.ts'
import { startApplication } from '../host/start-application.ts'
import { terminalHost } from '../host/terminal.ts'
import { fleuronHome } from '../project/library.ts'
import { forkComputeProcess } from '../train/compute/fork-compute.ts'
import type { Contract } from '../../shared/contract.ts'
import { FleuronError, toErrorValue } from '../../shared/errors.ts'
import { onInterrupt } from './interrupt.ts'
import { printable } from './output.ts'
import { showProgress } from './progress.ts'

/** Services for the length of one command. */
interface Contact {
  services: Contract
  release(): Promise<void> | void
}

/** Milliseconds after which a command says that it waits for another one. */
const quietWait = 2000

/** Milliseconds that a command waits for what is on its way to the tracking server; the rest goes the next time. */
const mirrorPatience = 10_000

async function lastToServer(services: Contract): Promise<void> {
  if ((await services.tracking.status()).state !== 'sending') return
  await Promise.race([services.tracking.sync(), pause(mirrorPatience, undefined, { ref: false })])
}

/** The application in this process. */
async function startOwn(): Promise<Contact> {
  const application = await startApplication({
    home: fleuronHome(),
    host: terminalHost(),
    launchCompute: forkComputeProcess,
  })
  return {
    services: application.services,
    release: async () => {
      const waiting = setTimeout(
        () => process.stderr.write('Waiting for another command, which goes through this one; Ctrl+C ends both.\n'),
        quietWait,
      )
      await application.drain().finally(() => clearTimeout(waiting))
      await lastToServer(application.services)
      await application.close()
    },
  }
}

async function use<T>(contact: Contact, work: (services: Contract) => Promise<T>): Promise<T> {
  try {
    return await work(contact.services)
  } finally {
    await contact.release()
  }
}

/** The application in this process, for the length of one command. */
export const withApplication = async <T>(work: (services: Contract) => Promise<T>): Promise<T> =>
  use(await startOwn(), work)

/**
 * The services with the project open: those of the process that holds it, else our own.
 * @throws FleuronError not-found when there is no project in `directory`
 */
export async function withProject<T>(directory: string, work: (services: Contract) => Promise<T>): Promise<T> {
  const path = resolve(directory)
  if (!existsSync(join(path, 'project.db'))) {
    throw new FleuronError(
      'not-found',
      `There is no project in ${path}; make one with "fleuron import <folder> --project ${directory}".`,
    )
  }
  return use(await reachProject(path), work)
}

/** Milliseconds for which a holder may be just beginning or ending, as another command is. */
const patience = 5000

async function reachProject(path: string): Promise<Contact> {
  for (const end = performance.now() + patience; ; await pause(100)) {
    try {
      return (await throughHolder(path)) ?? (await openOwn(path))
    } catch (error) {
      if (!(error instanceof FleuronError && error.code === 'in-use') || performance.now() > end) throw error
    }
  }
}

async function throughHolder(path: string): Promise<Contact | null> {
  const holder = await connectToHolder(path)
  if (!holder) return null
  const project = await holder.services.projects.current().catch(() => null)
  if (project) return { services: holder.services, release: holder.close }
  holder.close()
  throw new FleuronError('in-use', `Another Fleuron is just closing the project in ${path}; try again.`)
}

async function openOwn(path: string): Promise<Contact> {
  const own = await startOwn()
  try {
    await own.services.projects.open({ directory: path })
    return own
  } catch (error) {
    await own.release()
    throw error
  }
}

/** Waits for a task to end and shows how far it is; Ctrl+C cancels it. Rejects with the task's own error. */
export async function finished(services: Contract, task: string): Promise<void> {
  const progress = showProgress()
  const release = onInterrupt(() => void services.tasks.cancel({ task }))
  try {
    await new Promise<void>((done, failed) => {
      const look = (state: Awaited<ReturnType<Contract['tasks']['list']>>[number]) => {
        if (state.id !== task) return
        if (state.state === 'running') progress.update(state.title, state.done, state.total, state.unit)
        else if (state.state === 'done') done()
        else failed(state.error ? FleuronError.fromValue(state.error) : new FleuronError('cancelled', 'Stopped.'))
      }
      // Subscribe first, then look: an end in between is not missed.
      services.tasks.onChanged(look)
      services.tasks.list().then((tasks) => tasks.forEach(look), failed)
    })
  } finally {
    release()
    progress.end()
  }
}

/** Usage mistakes end with 2, everything else that fails with 1; one sentence, no stack. */
export function exitStatus(error: unknown): number {
  const value = toErrorValue(error)
  process.stderr.write(`${printable(value.message)}\n`)
  if (value.code === 'internal' && value.details && process.env['FLEURON_DEBUG'])
    process.stderr.write(`${value.details}\n`)
  return value.code === 'invalid-input' ? 2 : 1
}
