import type { Event } from '../../shared/contract.ts'
import type { Study } from '../../shared/study.ts'
import type { RunMirror, TrackingProject, TrackingStatus } from '../../shared/tracking.ts'
import { evaluateRun } from '../evaluate/run-review.ts'
import { Emitter } from '../project/emitter.ts'
import type { OpenProject } from '../project/open-project.ts'
import type { Project } from '../project/project.ts'
import { throttle } from '../project/throttle.ts'
import { readSteps } from '../train/loop/step-series.ts'
import { findModelCard } from '../train/model/model-folder.ts'
import { studyOf } from '../train/study/study-runs.ts'
import { backoff } from './backoff.ts'
import { Connection } from './connection.ts'
import { TrackingFault } from './fault.ts'
import { mirrorRun, type RunToMirror } from './mirror-run.ts'
import { Mlflow, proxiedFolder } from './mlflow.ts'
import { Outbox, type OutboxEntry } from './outbox.ts'
import type { ServerFile } from './server-file.ts'

export interface MirrorOptions {
  readonly project: OpenProject
  readonly server: ServerFile
  /** A run went on by an epoch. */
  readonly onEpoch: Event<unknown>
}

/** Milliseconds: runs of quick epochs tell several of them at once. */
const interval = 2000

/** The server does not answer, or turns everything away. */
interface Waiting {
  since: Date
  attempts: number
  next: Date
  message: string
}

/**
 * Mirrors the runs of the open project to the tracking server, whenever there is something new: one run after the other,
 * those that are training first. It looks at the runs from outside and never holds training up.
 */
export class Mirror {
  readonly #options: MirrorOptions
  readonly #changed = new Emitter<TrackingStatus>()
  readonly #unsubscribe: (() => void)[]
  readonly #wakeSoon = throttle(interval, () => this.#wake())
  readonly #tell = throttle(500, () => this.#changed.emit(this.status()))
  #work: Promise<void> | null = null
  /** Something new came while it was at work. */
  #wokenAgain = false
  /** Ends what is under way when the server or the project is another one. */
  #interrupt = new AbortController()
  #waiting: Waiting | null = null
  #timer: NodeJS.Timeout | undefined
  #sending: string | null = null
  #closed = false

  readonly onChanged: Event<TrackingStatus> = this.#changed.event

  constructor(options: MirrorOptions) {
    this.#options = options
    this.#unsubscribe = [
      options.onEpoch(() => this.#wakeSoon()),
      // Runs that begin and end, and what is changed of them later.
      options.project.onChanged(() => this.#wakeSoon()),
      options.project.onSwitched(() => this.#beginAnew()),
      options.server.onChanged(() => this.#beginAnew()),
    ]
  }

  status(): TrackingStatus {
    const server = this.#options.server.get()
    const project = this.#options.project.get()
    if (server === null) {
      return { state: 'off', sentence: 'Runs are recorded here only.', nextAttempt: null, pending: 0, runs: [] }
    }
    const entries = project === null ? [] : new Outbox(project.database, server.url).entries()
    const runs = entries.map((entry) => this.#mirrorOf(entry, server.url))
    const pending = runs.filter(({ state }) => state !== 'mirrored')
    const refused = runs.find(({ state }) => state === 'refused')
    const waiting = this.#waiting
    const nextAttempt = waiting?.next.toISOString() ?? null
    const count = `${pending.length} ${pending.length === 1 ? 'run' : 'runs'}`
    if (waiting !== null) {
      const sentence = `Waiting since ${waiting.since.toLocaleTimeString('en-GB')}: ${waiting.message}`
      return { state: 'waiting', sentence, nextAttempt, pending: pending.length, runs }
    }
    if (pending.some(({ state }) => state === 'sending')) {
      return { state: 'sending', sentence: `Sending ${count}.`, nextAttempt, pending: pending.length, runs }
    }
    if (refused) {
      const sentence = `${count} not mirrored. Run ${refused.number}: ${refused.sentence}`
      return { state: 'refused', sentence, nextAttempt, pending: pending.length, runs }
    }
    const sentence =
      project === null ? 'Runs are mirrored when they begin.' : `All runs of this project are at ${server.url}.`
    return { state: 'mirrored', sentence, nextAttempt, pending: pending.length, runs }
  }

  /** Tries again now what waits or was refused. */
  retry(): void {
    const server = this.#options.server.get()
    const project = this.#options.project.get()
    if (server !== null && project !== null) new Outbox(project.database, server.url).forgiveAll()
    this.#waiting = null
    this.#wake()
  }

  /** Resolves when nothing is being sent: all is mirrored, or the server is being waited for. */
  async settled(): Promise<void> {
    this.#wakeSoon.flush()
    while (this.#work !== null) await this.#work
  }

  async close(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#wakeSoon.cancel()
    this.#tell.cancel()
    clearTimeout(this.#timer)
    this.#closed = true
    this.#interrupt.abort()
    await this.settled()
  }

  #beginAnew(): void {
    this.#interrupt.abort()
    this.#interrupt = new AbortController()
    this.#waiting = null
    this.#wake()
  }

  #wake(): void {
    clearTimeout(this.#timer)
    this.#tell()
    if (this.#waiting !== null && this.#waiting.next.getTime() > Date.now()) {
      this.#timer = setTimeout(() => this.#wake(), this.#waiting.next.getTime() - Date.now())
      // Waiting for a server keeps no command from ending.
      this.#timer.unref()
      return
    }
    this.#wokenAgain = this.#work !== null
    if (this.#work !== null) return
    const work = this.#sendAll().finally(() => {
      this.#work = null
      this.#sending = null
      if (this.#wokenAgain && !this.#closed) this.#wake()
      this.#tell()
    })
    this.#work = work
  }

  /** Sends until there is nothing left to send, or the server is away. */
  async #sendAll(): Promise<void> {
    while (!this.#closed) {
      const server = this.#options.server.get()
      const project = this.#options.project.get()
      if (server === null || project === null) return
      const signal = AbortSignal.any([this.#interrupt.signal, project.closing])
      const outbox = new Outbox(project.database, server.url)
      const entry = nextOf(outbox.entries())
      if (entry === undefined) return
      this.#sending = entry.run
      this.#tell()
      try {
        await mirrorRun(
          contentOf(project, entry.run, outbox),
          new Mlflow(new Connection(server, signal)),
          entry.delivered,
          // The project may have been closed while the server answered; the call is then made again, which does no harm.
          (delivered) => project.closing.aborted || outbox.delivered(entry.run, delivered),
        )
        if (project.closing.aborted) continue
        outbox.settled(entry.run, entry.version)
        this.#waiting = null
      } catch (error) {
        if (project.closing.aborted || signal.aborted) continue
        if (error instanceof TrackingFault && error.kind !== 'refused') return this.#wait(error)
        const message = error instanceof TrackingFault ? error.message : internalFault(error)
        outbox.refused(entry.run, entry.version, message)
      }
    }
  }

  #wait(fault: TrackingFault): void {
    const attempts = (this.#waiting?.attempts ?? 0) + 1
    this.#waiting = {
      since: this.#waiting?.since ?? new Date(),
      attempts,
      next: new Date(Date.now() + backoff(attempts)),
      message: fault.message,
    }
    this.#timer = setTimeout(() => this.#wake(), this.#waiting.next.getTime() - Date.now())
    this.#timer.unref()
  }

  #mirrorOf({ run, number, version, settled, refused, delivered }: OutboxEntry, server: string): RunMirror {
    const page = delivered.run === null ? null : `${server}/#/experiments/${delivered.experiment}/runs/${delivered.run}`
    const mirror = { run, number, page }
    if (settled === version) {
      const withoutFiles = delivered.artifacts !== null && proxiedFolder(delivered.artifacts) === null
      const sentence = withoutFiles
        ? 'Mirrored without pictures and model: the server does not take files; start it with --artifacts-destination.'
        : 'Mirrored.'
      return { ...mirror, state: 'mirrored', sentence }
    }
    if (refused?.version === version) return { ...mirror, state: 'refused', sentence: refused.message }
    if (this.#waiting !== null) return { ...mirror, state: 'waiting', sentence: this.#waiting.message }
    return { ...mirror, state: 'sending', sentence: this.#sending === run ? 'Being sent.' : 'Will be sent.' }
  }
}

/** A run that is training goes first, so that its curves can be followed; then the oldest. */
function nextOf(entries: readonly OutboxEntry[]): OutboxEntry | undefined {
  const waiting = entries.filter(({ version, settled, refused }) => settled !== version && refused?.version !== version)
  return waiting.find(({ running }) => running) ?? waiting.at(-1)
}

function contentOf(project: Project, run: string, outbox: Outbox): RunToMirror {
  const record = project.runs.get(run)
  return {
    record,
    project: { id: project.id, name: project.name, folder: project.folder },
    card: findModelCard(record.modelDirectory),
    steps: readSteps(project.runs.directory(run)),
    study: studyIn(project, record.study?.id),
    numberOf: (id) => project.runs.get(id).number,
    chosen: chosenFor(project),
    evaluation: (split) => {
      const predictions = project.runs.predictions(run, split)
      return predictions.length === 0 ? null : evaluateRun(record, split, predictions)
    },
    laterRegistered: (name) => outbox.lastRegistered(name) > record.number,
  }
}

/** The study as it stands; null where the run has none. */
function studyIn(project: Project, id: string | undefined): Study | null {
  const stored = project.studies.list().find((study) => study.id === id)
  return stored === undefined ? null : studyOf(project, stored)
}

/** Facts of the project's database under which the choices are kept. */
export const projectKeys = {
  experiment: 'tracking.experiment',
  registeredModel: 'tracking.registeredModel',
  alias: 'tracking.alias',
} as const satisfies Record<keyof TrackingProject, string>

export function chosenFor(project: Project): TrackingProject {
  const kept = (key: keyof TrackingProject): string | null => project.meta(projectKeys[key]) || null
  return {
    experiment: kept('experiment') ?? project.name,
    registeredModel: kept('registeredModel'),
    alias: kept('alias'),
  }
}

const internalFault = (error: unknown): string =>
  `Fleuron could not prepare it: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`
