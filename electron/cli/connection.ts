import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Application } from '../api/application.ts'
import { connectToHolder } from '../host/socket.ts'
import { startApplication } from '../host/start-application.ts'
import { terminalHost } from '../host/terminal.ts'
import { fleuronHome } from '../project/library.ts'
import { forkComputeProcess } from '../train/fork-compute.ts'
import type { Contract } from '../../shared/contract.ts'
import { FleuronError, toErrorValue } from '../../shared/errors.ts'
import { onInterrupt } from './interrupt.ts'
import { showProgress } from './progress.ts'

/** The application in this process, for the length of one command. */
export async function withApplication<T>(work: (application: Application) => Promise<T>): Promise<T> {
  const application = await startApplication({
    home: fleuronHome(),
    host: terminalHost(),
    launchCompute: forkComputeProcess,
  })
  try {
    return await work(application)
  } finally {
    await application.close()
  }
}

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
  const holder = await connectToHolder(path)
  if (holder) {
    try {
      return await work(holder.services)
    } finally {
      holder.close()
    }
  }
  return withApplication(async ({ services }) => {
    await services.projects.open({ directory: path })
    return work(services)
  })
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
  process.stderr.write(`${value.message}\n`)
  if (value.code === 'internal' && value.details && process.env['FLEURON_DEBUG'])
    process.stderr.write(`${value.details}\n`)
  return value.code === 'invalid-input' ? 2 : 1
}
