import type { Event } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import type {
  TrackingProjectChange,
  TrackingServer,
  TrackingServerReport,
  TrackingSettings,
} from '../../shared/tracking.ts'
import type { OpenProject } from '../project/open-project.ts'
import { Connection } from './connection.ts'
import { TrackingFault } from './fault.ts'
import { chosenFor, Mirror, projectKeys } from './mirror.ts'
import { accessFrom, ServerFile } from './server-file.ts'
import { reportOnServer } from './server-report.ts'

/** Where runs are mirrored to, and the mirror itself. */
export class Tracking {
  readonly mirror: Mirror
  readonly #project: OpenProject
  readonly #server: ServerFile

  constructor(options: {
    project: OpenProject
    /** FLEURON_HOME. */
    home: string
    /** A run that is training went on by an epoch. */
    onEpoch: Event<unknown>
  }) {
    this.#project = options.project
    this.#server = new ServerFile(options.home)
    this.mirror = new Mirror({ ...options, server: this.#server })
  }

  settings(): TrackingSettings {
    const server = this.#server.get()
    const project = this.#project.get()
    return {
      url: server?.url ?? null,
      access: server?.token ? 'token' : server?.user ? 'password' : 'none',
      user: server?.user ?? null,
      project: project === null ? null : chosenFor(project),
    }
  }

  setServer(input: TrackingServer): TrackingSettings {
    this.#server.set(accessFrom(input, this.#server.get()))
    return this.settings()
  }

  /** @throws FleuronError 'not-ready' when no project is open */
  setProject(change: TrackingProjectChange): TrackingSettings {
    const project = this.#project.current()
    for (const key of ['experiment', 'registeredModel', 'alias'] as const) {
      if (change[key] !== undefined) project.setMeta(projectKeys[key], change[key] ?? '')
    }
    this.mirror.retry()
    return this.settings()
  }

  /** @throws FleuronError with what is wrong with the server, and the remedy */
  async test(input: TrackingServer | undefined): Promise<TrackingServerReport> {
    const before = this.#server.get()
    const access = input === undefined ? before : accessFrom(input, before)
    if (access === null) throw new FleuronError('not-ready', 'No tracking server is set; enter its address first.')
    try {
      return await reportOnServer(new Connection(access, new AbortController().signal))
    } catch (error) {
      if (!(error instanceof TrackingFault)) throw error
      throw new FleuronError(error.kind === 'away' ? 'offline' : 'not-permitted', error.message, {
        details: error.details,
        cause: error,
      })
    }
  }
}
