/** A compute process that lives within the memory of a control group, whose folder the environment names. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parentChannel, serveJobs } from '../compute/compute-server.ts'
import { trainingJobs } from '../jobs.ts'

writeFileSync(join(process.env['FLEURON_TEST_GROUP'] as string, 'cgroup.procs'), String(process.pid))
serveJobs(parentChannel(), trainingJobs)
