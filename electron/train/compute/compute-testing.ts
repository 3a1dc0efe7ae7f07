/** A compute process whose jobs do what tests ask of it. */
import { FleuronError } from '../../../shared/errors.ts'
import { jobName, serveJob } from './compute-protocol.ts'
import { parentChannel, serveJobs } from './compute-server.ts'

/** Counts to `to`, telling each number; ends early with 'stopped' when asked to. */
export const countJob = jobName<{ to: number }, { at: number; pixels: Float32Array }, string>('count')
export const failJob = jobName<{ known: boolean }, never, never>('fail')
/** Ends the process from within. */
export const dieJob = jobName<{ how: 'exit' | 'abort' }, never, never>('die')
export const processIdJob = jobName<undefined, never, number>('process id')
/** Never lets a message in. */
export const blockJob = jobName<undefined, 'begun', never>('block')

const jobs = [
  serveJob(countJob, async ({ to }, context) => {
    for (let at = 1; at <= to; at++) {
      context.emit({ at, pixels: new Float32Array([at]) })
      await context.breathe()
      if (context.stop.aborted) return `stopped at ${at}`
    }
    return 'counted'
  }),
  serveJob(failJob, async ({ known }) => {
    if (known) throw new FleuronError('not-ready', 'There is nothing to train on; label some photos first.')
    throw new Error('an oversight')
  }),
  serveJob(dieJob, async ({ how }) => (how === 'exit' ? process.exit(3) : process.abort())),
  serveJob(processIdJob, async () => process.pid),
  serveJob(blockJob, async (_, context) => {
    context.emit('begun')
    await context.breathe()
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  }),
]

// Imported by the test for the names of the jobs, run by the fork for the jobs themselves.
if (process.send && process.argv[1] === import.meta.filename) serveJobs(parentChannel(), jobs)
