/** The compute process: does the jobs of training and of the field. */
import { fieldJobs } from './field/classify-photos.ts'
import { parentChannel, serveJobs } from './train/compute/compute-server.ts'
import { trainingJobs } from './train/jobs.ts'

serveJobs(parentChannel(), [...trainingJobs, ...fieldJobs])
