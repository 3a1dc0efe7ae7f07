/** A compute process that loses its device under every run, unless that is the processor. */
import { serveJob } from '../compute/compute-protocol.ts'
import { parentChannel, serveJobs } from '../compute/compute-server.ts'
import { trainJob } from './train-job.ts'

const jobs = [
  serveJob(trainJob, async ({ device, resumes }) => {
    if (device === 'cpu') return { state: 'paused' }
    // Some drivers tell it, some take the process along.
    if (!resumes) throw new Error('WebGPU device lost (2): reset')
    return process.abort()
  }),
]

if (process.send && process.argv[1] === import.meta.filename) serveJobs(parentChannel(), jobs)
