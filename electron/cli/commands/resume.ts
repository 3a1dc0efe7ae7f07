import type { Contract } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type { RunSummary } from '../../../shared/training.ts'
import { finished, withProject } from '../connection.ts'
import { resultOf, type TrainResult } from './train.ts'

/** Goes on with a run that was paused or cut off. `run` is its number or its id. */
export const resume = (run: string, options: { project: string }): Promise<TrainResult> =>
  withProject(options.project, async (services) => {
    const { id } = await findRun(services, run)
    const { task } = await services.training.resume({ run: id })
    await finished(services, task)
    return resultOf(services, id)
  })

/** Pauses a run that another process, the window or a command, is training. */
export const pause = (run: string | undefined, options: { project: string }): Promise<RunSummary> =>
  withProject(options.project, async (services) => {
    const found = run === undefined ? await runningRun(services) : await findRun(services, run)
    if (found.state !== 'running') {
      throw new FleuronError('not-ready', `Run ${found.number} is not training; only a run in hand can be paused.`)
    }
    const ended = new Promise<RunSummary>((resolve) => {
      services.training.onChanged((summary) => {
        if (summary.id === found.id && summary.state !== 'running') resolve(summary)
      })
    })
    await services.training.pause({ run: found.id })
    return ended
  })

async function runningRun(services: Contract): Promise<RunSummary> {
  const running = (await services.training.runs()).find(({ state }) => state === 'running')
  if (running) return running
  throw new FleuronError('not-ready', 'No run of this project is training; there is nothing to pause.')
}

async function findRun(services: Contract, named: string): Promise<RunSummary> {
  const runs = await services.training.runs()
  const found = runs.find(({ id, number }) => id === named || String(number) === named)
  if (found) return found
  const known = runs.map(({ number, state }) => `${number} (${state})`).join(', ') || 'none'
  throw new FleuronError('not-found', `There is no run “${named}” in this project; there are ${known}.`)
}
