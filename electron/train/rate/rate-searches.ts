import { FleuronError } from '../../../shared/errors.ts'
import type { RateSearch, TrainSettings } from '../../../shared/training.ts'
import { trainingProblems } from '../../dataset/training-problems.ts'
import { modelEntry, type ComputeDevice } from '../../engine/index.ts'
import type { OpenProject } from '../../project/open-project.ts'
import type { Project } from '../../project/project.ts'
import type { TaskHandle, Tasks } from '../../project/tasks.ts'
import type { ComputeClient } from '../compute/compute-client.ts'
import type { WeightPlaces } from '../weights/find-weights.ts'
import { sweep } from './rate-finder.ts'
import { inputOfSearch } from '../run/run-input.ts'
import { settingProblems } from '../settings/setting-problems.ts'
import { searchRateJob } from '../run/train-job.ts'
import { weightsOf } from '../settings/weights-of-settings.ts'

/** Searches whose results are still to be had. */
const kept = 8

/** Settings that a search does not look at: it makes a hundred steps, at rates of its own. */
const beside = new Set<string>([
  'epochs',
  'timeBudget',
  'learningRate',
  'schedule',
  'scheduleSettings',
  'warmupEpochs',
  'ema',
  'patience',
  'monitor',
  'minimumChange',
  'threads',
  'seed',
] satisfies (keyof TrainSettings)[])

/** Equal for settings that a search cannot tell apart, in one project. */
function searchName(project: Project, settings: TrainSettings): string {
  const looked = Object.entries(settings).filter(([name]) => !beside.has(name))
  return JSON.stringify([project.id, looked.sort(([a], [b]) => (a < b ? -1 : 1))])
}

interface SearchRooms {
  readonly project: OpenProject
  readonly tasks: Tasks
  readonly compute: ComputeClient
  /** Version of Fleuron. */
  readonly version: string
  /** Whether a run is in hand. */
  readonly busy: () => boolean
}

/** Searches for a learning rate, one at a time, and none while a run trains: both would be slowed down. */
export class RateSearches {
  readonly #rooms: SearchRooms
  readonly #found = new Map<string, RateSearch>()
  /** What the latest search suggested, by what it looked at. */
  readonly #suggested = new Map<string, number>()
  #searching = false

  constructor(rooms: SearchRooms) {
    this.#rooms = rooms
  }

  /** @throws FleuronError 'in-use' while something trains; 'not-ready' when labels or weights are wanting */
  start(settings: TrainSettings, places: WeightPlaces, device: ComputeDevice): { task: string } {
    if (this.#searching || this.#rooms.busy()) {
      throw new FleuronError(
        'in-use',
        'The computer is busy with a run or another search; try again when it has ended.',
      )
    }
    const project = this.#rooms.project.current()
    const [problem] = [...settingProblems(settings), ...trainingProblems(project)]
    if (problem !== undefined) throw new FleuronError('not-ready', problem)
    const weights = weightsOf(settings, places)
    this.#searching = true
    const title = `Looking for a learning rate for ${modelEntry(settings.model).title}`
    const { id } = this.#rooms.tasks.run('search', title, 'steps', (task) =>
      this.#search(project, settings, { weights, device }, task),
    )
    this.#keep(id, { points: [], steepest: null, valley: null })
    return { task: id }
  }

  /** @throws FleuronError 'not-found' */
  get(task: string): RateSearch {
    const found = this.#found.get(task)
    if (found !== undefined) return found
    throw new FleuronError('not-found', 'This search is no longer known; start it again.')
  }

  /** What the latest search for settings like these suggested; null without one. */
  suggestion(project: Project, settings: TrainSettings): number | null {
    return this.#suggested.get(searchName(project, settings)) ?? null
  }

  #keep(task: string, search: RateSearch): void {
    this.#found.set(task, search)
    for (const old of [...this.#found.keys()].slice(0, -kept)) this.#found.delete(old)
  }

  async #search(
    project: Project,
    settings: TrainSettings,
    rest: { weights: string | null; device: ComputeDevice },
    task: TaskHandle,
  ): Promise<void> {
    const { compute, version } = this.#rooms
    const signal = AbortSignal.any([task.signal, project.closing])
    try {
      const input = await inputOfSearch(project, settings, { ...rest, version }, { signal, progress: () => undefined })
      const search = await compute.run(searchRateJob, input, {
        signal,
        onEvent: (event) => {
          if (project.closing.aborted) return
          if (event.kind === 'unreadable') {
            project.photos.update(new Map([[event.photo, { unreadable: event.reason }]]))
            return
          }
          task.progress(event.points.length, sweep.steps)
          this.#keep(task.id, { points: [...event.points], steepest: null, valley: null })
        },
      })
      this.#keep(task.id, search)
      if (search.valley !== null) this.#suggested.set(searchName(project, settings), search.valley)
    } finally {
      this.#searching = false
    }
  }
}
