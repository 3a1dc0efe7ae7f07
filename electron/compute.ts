/** The compute process: does the jobs of training and of the field. */
import { constants, setPriority } from 'node:os'
import { fieldJobs } from './field/classify-photos.ts'
import { parentChannel, serveJobs } from './train/compute/compute-server.ts'
import { trainingJobs } from './train/jobs.ts'

// The computer stays usable: what its user does goes before.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
serveJobs(parentChannel(), [...trainingJobs, ...fieldJobs])
