/** The compute process: does the jobs of training and of the field. */
import { parentChannel, serveJobs } from './train/compute-server.ts'

serveJobs(parentChannel(), [])
