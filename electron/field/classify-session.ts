import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Event } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type { ImageTier } from '../../shared/photo.ts'
import type { FasterModel, FieldSession, ModelInfo, Precision } from '../../shared/prediction.ts'
import { unreadableReason } from '../dataset/decode.ts'
import { isPhotoName } from '../dataset/photo-files.ts'
import { withClosing } from '../dataset/photo-reading.ts'
import { pictureOf, type Picture } from '../dataset/pictures.ts'
import { modelEntry } from '../engine/index.ts'
import { Emitter } from '../project/emitter.ts'
import { newId } from '../project/ids.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Project } from '../project/project.ts'
import { safeName } from '../project/safe-name.ts'
import type { Tasks } from '../project/tasks.ts'
import { throttle } from '../project/throttle.ts'
import type { ComputeClient } from '../train/compute/compute-client.ts'
import { readModelCard } from '../train/model/model-folder.ts'
import { classifyJob } from './classify-job.ts'
import { listFieldPhotos, titleOf } from './field-photos.ts'
import { predictionsCsv } from './predictions-csv.ts'
import { FieldSessions, type NewSession, type PhotoQuery } from './sessions.ts'
import { loadTrainedModel, type TrainedModel } from './trained-model.ts'

/** Milliseconds between two words about a session that is running. */
const TELL_EVERY = 250
const EXPORT_PAGE = 10_000

export interface FieldWorkOptions {
  readonly project: OpenProject
  readonly tasks: Tasks
  readonly compute: ComputeClient
}

/** Classifies folders and dropped photos with the models of the open project, and keeps what was found in it. */
export class FieldWork {
  readonly #open: OpenProject
  readonly #tasks: Tasks
  readonly #compute: ComputeClient
  readonly #changed = new Emitter<FieldSession>()
  #sessions: { readonly project: Project; readonly store: FieldSessions } | null = null

  /** A session began, went on or ended. */
  readonly onChanged: Event<FieldSession> = this.#changed.event

  constructor({ project, tasks, compute }: FieldWorkOptions) {
    this.#open = project
    this.#tasks = tasks
    this.#compute = compute
  }

  /** Sessions of the open project. @throws FleuronError 'not-ready' when none is open */
  get sessions(): FieldSessions {
    const project = this.#open.current()
    if (this.#sessions?.project !== project) {
      const store = new FieldSessions(project.database)
      // Nothing runs in a project that nobody has asked about yet: what says so was cut off.
      store.recover()
      this.#sessions = { project, store }
    }
    return this.#sessions.store
  }

  /** Runs that have a model, the latest first. */
  models(): ModelInfo[] {
    const { runs } = this.#open.current()
    return runs.list().flatMap((summary) => {
      const { number, classes, modelDirectory, startedAt, seconds, validationAccuracy } = runs.get(summary.id)
      if (modelDirectory === null) return []
      return {
        run: summary.id,
        number,
        title: `${modelEntry(summary.model).title}, ${summary.mode === 'frozen' ? 'frozen backbone' : 'from scratch'}`,
        directory: modelDirectory,
        classes: classes.map(({ name }) => name),
        validationAccuracy,
        faster: fasterOf(modelDirectory),
        trainedAt: new Date(Date.parse(startedAt) + (seconds ?? 0) * 1000).toISOString(),
      }
    })
  }

  /** @throws FleuronError when the run has no sound model or the folder no photos */
  async classifyFolder(
    run: string,
    path: string,
    precision?: Precision,
  ): Promise<{ session: string; task: string; warnings: string[] }> {
    const model = await this.#modelOf(run, precision)
    const { folder, paths, scan } = await listFieldPhotos(path)
    const photos = paths.map((each) => ({ path: each, name: each.slice(each.lastIndexOf('/') + 1) }))
    const started = this.#start(model, { run, title: titleOf(folder), folder, dropped: false, photos })
    return { ...started, warnings: scan.passedOver }
  }

  /** Photos without a file of their own: their bytes go into the project's cache. */
  async classifyDropped(
    run: string,
    files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
    precision?: Precision,
  ): Promise<{ session: string; task: string }> {
    const model = await this.#modelOf(run, precision)
    const id = newId()
    const folder = join(this.#open.current().directory, 'cache', 'field', id)
    await mkdir(folder, { recursive: true })
    const photos = files.map(({ name }, place) => ({ path: droppedName(name, place), name: safeName(name, 'photo') }))
    try {
      for (const [place, { bytes }] of files.entries()) {
        await writeFile(join(folder, photos[place]?.path ?? ''), bytes)
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw cannotKeep(folder, error)
    }
    const title = photos.length === 1 ? (photos[0]?.name ?? '') : `${photos.length} dropped photos`
    return this.#start(model, { run, title, folder, dropped: true, photos }, id)
  }

  /**
   * Goes on with a session where it ended: photos that are classified stay so.
   * @throws FleuronError 'in-use' while it is running, 'conflict' when all is done, 'not-found' when its photos have gone
   */
  async resume(id: string): Promise<{ session: string; task: string }> {
    const { run, precision, state, title } = this.sessions.get(id)
    const model = await this.#modelOf(run, precision)
    const { folder, dropped, photos } = this.sessions.rest(id)
    if (state === 'running') throw new FleuronError('in-use', `${title} is being classified already; wait for it.`)
    if (photos.length === 0) {
      throw new FleuronError('conflict', `All photos of ${title} are classified; choose more photos instead.`)
    }
    if (!existsSync(folder)) {
      throw new FleuronError(
        'not-found',
        dropped
          ? 'The dropped photos are no longer kept; drop them again.'
          : `The folder ${folder} cannot be reached; connect its disk, then go on.`,
      )
    }
    this.sessions.goOn(id)
    return this.#carryOut(model, id)
  }

  /** What was found as CSV, and a name for the file. */
  exportCsv(session: string): { name: string; text: string } {
    const { title } = this.sessions.get(session)
    const photos = [...this.#all({ session, offset: 0, limit: EXPORT_PAGE })]
    return { name: `${safeName(title, 'photos')}-predictions.csv`, text: predictionsCsv(photos) }
  }

  /**
   * A photo of a session at the size the window asks for.
   * @throws FleuronError 'not-found', 'unreadable' with the reason
   */
  async image(session: string, place: number, tier: ImageTier): Promise<Picture> {
    const { folder, path } = this.sessions.file(session, place)
    const file = join(folder, path)
    const cache = join(this.#open.current().directory, 'cache', 'thumbnails')
    try {
      const { state: _state, ...picture } = await pictureOf({ path: file, cache, name: `${session}${place}` }, tier)
      return picture
    } catch (error) {
      throw new FleuronError('unreadable', await unreadableReason(error, file), { cause: error })
    }
  }

  *#all(query: PhotoQuery): Generator<ReturnType<FieldSessions['photos']>['photos'][number]> {
    for (let offset = 0; ; offset += query.limit) {
      const { total, photos } = this.sessions.photos({ ...query, offset })
      yield* photos
      if (offset + query.limit >= total) return
    }
  }

  async #modelOf(run: string, precision?: Precision): Promise<TrainedModel> {
    const { modelDirectory, number } = this.#open.current().runs.get(run)
    if (modelDirectory !== null) return loadTrainedModel(modelDirectory, precision)
    throw new FleuronError('not-ready', `Run ${number} has no model; wait until it has ended, or choose another run.`)
  }

  #start(
    model: TrainedModel,
    begin: Omit<NewSession, 'classes' | 'precision' | 'rejector'>,
    id = newId(),
  ): { session: string; task: string } {
    const { classes, precision, rejector } = model
    this.sessions.create({ ...begin, classes: classes.length, precision, rejector }, id)
    return this.#carryOut(model, id)
  }

  /** Classifies the photos of a session that nothing is known of yet: all of them, or what was left when it ended. */
  #carryOut(model: TrainedModel, id: string): { session: string; task: string } {
    const project = this.#open.current()
    const { sessions } = this
    const { folder, photos } = sessions.rest(id)
    /** The job counts the photos that it is given, the session all of its own. */
    const inSession = <T extends { readonly index: number }>(news: readonly T[]): T[] =>
      news.map((each) => ({ ...each, index: photos[each.index]?.place ?? each.index }))
    const before = sessions.get(id)
    this.#changed.emit(before)
    const task = this.#tasks.run('classify', `Classifying ${before.title}`, 'photos', async (handle) => {
      const began = performance.now()
      const seconds = (): number => before.seconds + (performance.now() - began) / 1000
      const signal = withClosing(project, handle.signal)
      const tell = throttle(TELL_EVERY, () => {
        if (!project.closing.aborted) this.#changed.emit(sessions.get(id))
      })
      const end = (state: Exclude<FieldSession['state'], 'running'>): void => {
        tell.cancel()
        // A project that was closed meanwhile says so when it is opened again.
        if (project.closing.aborted) return
        sessions.end(id, state, seconds())
        this.#changed.emit(sessions.get(id))
      }
      let { done } = before
      handle.progress(done, before.photos)
      try {
        await this.#compute.run(
          classifyJob,
          {
            model: { path: model.path, classes: model.classes, size: model.size, thresholds: model.thresholds },
            photos: photos.map(({ path }) => join(folder, path)),
          },
          {
            signal,
            onEvent: ({ classified, unreadable }) => {
              if (signal.aborted) return
              sessions.add(id, { classified: inSession(classified), unreadable: inSession(unreadable) }, seconds())
              done += classified.length + unreadable.length
              handle.progress(done, before.photos)
              tell()
            },
          },
        )
        end('finished')
      } catch (error) {
        end(signal.aborted ? 'cancelled' : 'failed')
        throw error
      }
    })
    return { session: id, task: task.id }
  }
}

/** A model whose card cannot be read says so when it is used. */
function fasterOf(directory: string): FasterModel | null {
  try {
    return readModelCard(directory).faster ?? null
  } catch {
    return null
  }
}

/** Names that no file system refuses and no two photos share; the ending tells the decoder nothing, but people something. */
const droppedName = (name: string, place: number): string =>
  `${place}${isPhotoName(name) ? extname(name).toLowerCase() : ''}`

const cannotKeep = (folder: string, cause: unknown): FleuronError =>
  new FleuronError(
    'not-permitted',
    'The photos cannot be kept in the project; make room on its disk, or change the permissions of its folder.',
    { details: `${folder}: ${cause instanceof Error ? cause.message : String(cause)}`, cause },
  )
