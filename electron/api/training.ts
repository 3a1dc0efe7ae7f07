import type { QueueService, Settings, StudiesService, TrainingService } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { RunSummary, TrainSettings } from '../../shared/training.ts'
import type { OpenProject } from '../project/open-project.ts'
import { safeName } from '../project/safe-name.ts'
import type { Tasks } from '../project/tasks.ts'
import type { ComputeDevice } from '../engine/index.ts'
import type { ComputeClient } from '../train/compute/compute-client.ts'
import type { UsedDevice } from '../train/devices/device-for-model.ts'
import { readSteps } from '../train/loop/step-series.ts'
import { trainingChoices } from '../train/settings/choices.ts'
import type { WeightPlaces } from '../train/weights/find-weights.ts'
import { copyModelFolder } from '../train/model/model-folder.ts'
import { describeModels, modelOptions, publishedWeights } from '../train/settings/model-options.ts'
import { planTraining, rateWarnings, settledNotes, settledSettings } from '../train/plan/plan.ts'
import { planInputOf } from '../train/plan/plan-input.ts'
import { RateSearches } from '../train/rate/rate-searches.ts'
import { createSpeedometer } from '../train/plan/speedometer.ts'
import { openSpeeds } from '../train/plan/speeds.ts'
import { checkWay } from '../train/settings/ways.ts'
import { StudyRunner } from '../train/study/study-runner.ts'
import { TrainingQueue } from '../train/run/training-queue.ts'
import { TrainingRuns, type StartedRun } from '../train/run/training-runs.ts'
import { downloadWeights } from '../train/weights/weights-download.ts'
import { createQueueService } from './queue.ts'
import { createStudiesService } from './studies.ts'

export interface TrainingServiceOptions {
  project: OpenProject
  tasks: Tasks
  compute: ComputeClient
  /** FLEURON_HOME. */
  home: string
  /** Version of Fleuron. */
  version: string
  settings: { get(): Promise<Settings> }
  /** What new runs of a model compute on. */
  device: (model: string) => Promise<UsedDevice>
}

/** Single runs, those that wait, and studies: all train, and one thing at a time is trained. */
export function createTrainingServices(rooms: TrainingServiceOptions): {
  training: TrainingService
  queue: QueueService
  studies: StudiesService
  /** Whether a run is in hand. */
  busy: () => boolean
  /** Nothing begins any more. */
  close(): void
} {
  const { project: open, tasks, compute, home, version, settings: applicationSettings } = rooms
  const speeds = openSpeeds(home)
  const runs = new TrainingRuns({ project: open, tasks, compute, speeds, version })
  const busy = (): boolean => runs.busy
  const searches = new RateSearches({ project: open, tasks, compute, version, busy })
  const speedometer = createSpeedometer({ compute, speeds, busy })

  const places = async (): Promise<WeightPlaces> => ({
    environment: process.env['FLEURON_WEIGHTS'],
    setting: (await applicationSettings.get()).weights,
    home,
  })

  const plannedOf = (settings: TrainSettings, chosen: ComputeDevice) => {
    const project = open.current()
    return planInputOf(project, settings, speeds.on(chosen, settings), searches.suggestion(project, settings))
  }

  /** @throws FleuronError 'invalid-input' when there is no such way to train */
  const deviceFor = (settings: TrainSettings): Promise<UsedDevice> => {
    checkWay(settings)
    return rooms.device(settings.model)
  }

  const begin = async (settings: TrainSettings, study: RunSummary['study'] = null): Promise<StartedRun> => {
    const { device: chosen, note } = await deviceFor(settings)
    const input = plannedOf(settings, chosen)
    if (input.problems.length > 0) return runs.start(settings, await places(), { device: chosen, study })
    // How many epochs fit into a time budget follows from the speed of this computer.
    if (settings.timeBudget > 0) await speedometer.measure(settings, chosen)
    const settled = settledSettings(input)
    return runs.start(settled, await places(), {
      device: chosen,
      warnings: [...(note === null ? [] : [note]), ...settledNotes(settings, settled), ...rateWarnings(input)],
      study,
    })
  }
  const resume = async (run: string): Promise<StartedRun> => {
    const { model } = open.current().runs.get(run)
    return runs.resume(run, await places(), (await rooms.device(model)).device)
  }

  const training: TrainingService = {
    options: async () => {
      const project = open.get()
      const used = project?.classes.list().filter(({ count }) => count > 0) ?? []
      return modelOptions({
        classes: used.length,
        labelled: used.reduce((sum, { count }) => sum + count, 0),
        runs: project?.runs.list() ?? [],
        places: await places(),
      })
    },
    choices: async () => trainingChoices,
    models: async () => describeModels(await places()),
    plan: async ({ settings }) => {
      const { device: chosen, note } = await deviceFor(settings)
      const input = plannedOf(settings, chosen)
      if (input.problems.length === 0) await speedometer.measure(settings, chosen)
      const plan = planTraining(input)
      return note === null ? plan : { ...plan, warnings: [note, ...plan.warnings] }
    },
    downloadWeights: async ({ model }) => {
      const weights = publishedWeights(model, home)
      if (weights === null) {
        throw new FleuronError(
          'invalid-input',
          `${model} has no published weights; train it from scratch, or name a file of weights in Settings.`,
        )
      }
      const { id } = tasks.run('download', `Fetching the weights of ${weights.title}`, 'bytes', (task) =>
        downloadWeights(weights, { signal: task.signal, onProgress: (done, total) => task.progress(done, total) }),
      )
      return { task: id }
    },
    start: async ({ settings }) => begin(settings),
    resume: async ({ run }) => resume(run),
    pause: async ({ run }) => runs.pause(run),
    stop: async ({ run }) => runs.stop(run),
    cancel: async ({ run }) => runs.cancel(run),
    runs: async () => open.current().runs.list(),
    run: async ({ run }) => open.current().runs.get(run),
    steps: async ({ run }) => readSteps(open.current().runs.directory(open.current().runs.get(run).id)),
    epochDetails: async ({ run }) => open.current().runs.epochDetails(run),
    findRate: async ({ settings }) => searches.start(settings, await places(), (await deviceFor(settings)).device),
    rateSearch: async ({ task }) => searches.get(task),
    exportModel: async ({ run, to }) => {
      const project = open.current()
      const { modelDirectory, number } = project.runs.get(run)
      if (modelDirectory === null) {
        throw new FleuronError('not-ready', 'This run has no model; train again, or choose a run that has one.')
      }
      const name = safeName(`${project.name} run ${number}`, 'model')
      return { directory: await copyModelFolder(modelDirectory, to, name) }
    },
    onProgress: runs.onProgress,
    onChanged: runs.onChanged,
  }
  const queue = new TrainingQueue({ project: open, runs, begin })
  const studies = new StudyRunner({ project: open, tasks, runs, queue, begin, resume })
  return {
    training,
    queue: createQueueService({ queue }),
    studies: createStudiesService({ project: open, studies, options: training.options }),
    busy,
    close: () => queue.close(),
  }
}
