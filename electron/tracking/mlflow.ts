/**
 * The calls of MLflow's REST API that mirroring needs. What makes a thing twice when it is sent twice (runs, logged
 * models, versions) is looked for first, by Fleuron's tag.
 */
import { TrackingFault } from './fault.ts'
import type { Connection } from './connection.ts'

/** The tag by which what belongs to a run of Fleuron's is found again. */
export const runTag = 'fleuron.run'

/** More in one call is refused as a whole. */
const limits = { metrics: 1000, params: 100, tags: 100 } as const

export interface Pair {
  key: string
  value: string
}

export interface Metric {
  key: string
  value: number
  /** Milliseconds since 1970. */
  timestamp: number
  step: number
}

export interface RemoteRun {
  id: string
  /** Where its files go, e.g. mlflow-artifacts:/1/…/artifacts. */
  artifacts: string
  deleted: boolean
}

export interface RemoteModel {
  id: string
  artifacts: string
}

interface RunInfo {
  run_id: string
  artifact_uri: string
  start_time?: number
  lifecycle_stage?: string
}

const remoteRun = ({ run_id, artifact_uri, lifecycle_stage }: RunInfo): RemoteRun => ({
  id: run_id,
  artifacts: artifact_uri,
  deleted: lifecycle_stage === 'deleted',
})

/** In a filter; MLflow knows no escapes, and ids have no quotes. */
const tagged = (tag: string, value: string): string => `tags.\`${tag}\` = '${value}'`

const isFault = (error: unknown, ...codes: string[]): error is TrackingFault =>
  error instanceof TrackingFault && codes.includes(error.code)

/** JSON has neither; MLflow reads them from text. */
const wireNumber = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

function inParts<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, part) => list.slice(part * size, (part + 1) * size))
}

export class Mlflow {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Id of the experiment of that name, made where there is none. */
  async experiment(name: string): Promise<string> {
    const found = await this.#experimentByName(name)
    if (found !== null) return found
    try {
      const made = await this.#connection.api<{ experiment_id: string }>('POST', 'experiments/create', {
        name,
        // MLflow's pages show it as one of trained models, not of language models.
        tags: [{ key: 'mlflow.experimentKind', value: 'custom_model_development' }],
      })
      return made.experiment_id
    } catch (error) {
      if (!isFault(error, 'RESOURCE_ALREADY_EXISTS')) throw error
      const meanwhile = await this.#experimentByName(name)
      if (meanwhile === null) throw error
      return meanwhile
    }
  }

  async #experimentByName(name: string): Promise<string | null> {
    try {
      const { experiment } = await this.#connection.api<{
        experiment: { experiment_id: string; lifecycle_stage?: string }
      }>('GET', 'experiments/get-by-name', { experiment_name: name })
      if (experiment.lifecycle_stage !== 'deleted') return experiment.experiment_id
    } catch (error) {
      if (isFault(error, 'RESOURCE_DOES_NOT_EXIST')) return null
      throw error
    }
    throw new TrackingFault(
      'refused',
      `The experiment “${name}” was deleted on the server; restore it there, or choose another name for it.`,
    )
  }

  /** Runs with this tag, always in the same order, deleted ones included. */
  async findRuns(experiment: string, tag: string, value: string): Promise<RemoteRun[]> {
    const { runs = [] } = await this.#connection.api<{ runs?: { info: RunInfo }[] }>('POST', 'runs/search', {
      experiment_ids: [experiment],
      filter: tagged(tag, value),
      run_view_type: 'ALL',
      max_results: 100,
    })
    return runs
      .map(({ info }) => info)
      .sort((a, b) => (a.run_id < b.run_id ? -1 : 1))
      .map(remoteRun)
  }

  async createRun(input: {
    experiment: string
    name: string
    /** Milliseconds since 1970. */
    startTime: number
    tags: readonly Pair[]
  }): Promise<RemoteRun> {
    const { run } = await this.#connection.api<{ run: { info: RunInfo } }>('POST', 'runs/create', {
      experiment_id: input.experiment,
      run_name: input.name,
      start_time: Math.round(input.startTime),
      tags: input.tags.slice(0, limits.tags),
    })
    return remoteRun(run.info)
  }

  async deleteRun(run: string): Promise<void> {
    await this.#connection.api('POST', 'runs/delete', { run_id: run })
  }

  async logParams(run: string, params: readonly Pair[]): Promise<void> {
    for (const part of inParts(params, limits.params)) await this.#logBatch(run, { params: part })
  }

  async setTags(run: string, tags: readonly Pair[]): Promise<void> {
    for (const part of inParts(tags, limits.tags)) await this.#logBatch(run, { tags: part })
  }

  /** @param model id of the logged model that the numbers are of */
  async logMetrics(run: string, metrics: readonly Metric[], model?: string): Promise<void> {
    for (const part of inParts(metrics, limits.metrics)) {
      await this.#logBatch(run, {
        metrics: part.map(({ key, value, timestamp, step }) => ({
          key,
          value: wireNumber(value),
          timestamp: Math.round(timestamp),
          step: Math.round(step),
          ...(model === undefined ? {} : { model_id: model }),
        })),
      })
    }
  }

  async #logBatch(run: string, batch: Record<string, unknown>): Promise<void> {
    await this.#connection.api('POST', 'runs/log-batch', { run_id: run, ...batch })
  }

  /** @param endTime milliseconds since 1970; null while it has not ended */
  async updateRun(
    run: string,
    status: 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED',
    endTime: number | null,
  ): Promise<void> {
    const end = endTime === null ? {} : { end_time: Math.round(endTime) }
    await this.#connection.api('POST', 'runs/update', { run_id: run, status, ...end })
  }

  async logDataset(
    run: string,
    dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile: string },
  ): Promise<void> {
    const tags = [{ key: 'mlflow.data.context', value: 'training' }]
    await this.#connection.api('POST', 'runs/log-inputs', { run_id: run, datasets: [{ tags, dataset }] })
  }

  /** Whether models are things of their own there; before MLflow 3 they are files of a run. */
  async hasLoggedModels(experiment: string): Promise<boolean> {
    try {
      await this.#connection.api('POST', 'logged-models/search', { experiment_ids: [experiment], max_results: 1 })
      return true
    } catch (error) {
      // The page of an unknown address: MLflow's own 404 is JSON and has a code.
      if (error instanceof TrackingFault && error.status === 404 && error.code === '') return false
      throw error
    }
  }

  /** The logged models of a run of Fleuron's: one, where nothing went wrong. */
  async findModels(experiment: string, run: string): Promise<RemoteModel[]> {
    const { models = [] } = await this.#connection.api<{
      models?: { info: { model_id: string; artifact_uri: string } }[]
    }>('POST', 'logged-models/search', { experiment_ids: [experiment], filter: tagged(runTag, run) })
    return models.map(({ info }) => ({ id: info.model_id, artifacts: info.artifact_uri }))
  }

  async deleteModel(model: string): Promise<void> {
    await this.#connection.api('DELETE', `logged-models/${model}`)
  }

  async createModel(input: {
    experiment: string
    /** Without `/ : . % " '`. */
    name: string
    run: string
    params: readonly Pair[]
    tags: readonly Pair[]
  }): Promise<RemoteModel> {
    const { model } = await this.#connection.api<{ model: { info: { model_id: string; artifact_uri: string } } }>(
      'POST',
      'logged-models',
      {
        experiment_id: input.experiment,
        name: input.name,
        source_run_id: input.run,
        params: input.params.slice(0, limits.params),
        tags: input.tags,
      },
    )
    return { id: model.info.model_id, artifacts: model.info.artifact_uri }
  }

  /** The model's files are all there: it can be loaded now, and is shown as the run's output. */
  async finishModel(run: string, model: string, step: number): Promise<void> {
    await this.#connection.api('PATCH', `logged-models/${model}`, { model_id: model, status: 'LOGGED_MODEL_READY' })
    const found = await this.#connection.api<{ run: { outputs?: { model_outputs?: { model_id: string }[] } } }>(
      'GET',
      'runs/get',
      { run_id: run },
    )
    // A second time it is an error.
    if (found.run.outputs?.model_outputs?.some(({ model_id }) => model_id === model)) return
    await this.#connection.api('POST', 'runs/outputs', { run_id: run, models: [{ model_id: model, step }] })
  }

  async registerModel(name: string, tags: readonly Pair[]): Promise<void> {
    try {
      await this.#connection.api('POST', 'registered-models/create', { name, tags })
    } catch (error) {
      if (!isFault(error, 'RESOURCE_ALREADY_EXISTS')) throw error
    }
  }

  /** Versions of a registered model that a run of Fleuron's has made: one, where nothing went wrong. */
  async findVersions(name: string, run: string): Promise<string[]> {
    const { model_versions: found = [] } = await this.#connection.api<{ model_versions?: { version: string }[] }>(
      'GET',
      'model-versions/search',
      { filter: `name = '${name}' and ${tagged(runTag, run)}` },
    )
    return found.map(({ version }) => version)
  }

  async createVersion(input: {
    name: string
    /** A URI of the model, or of the run's files. */
    source: string
    run: string
    model: string | null
    tags: readonly Pair[]
  }): Promise<string> {
    const { name, source, run, model, tags } = input
    const made = await this.#connection.api<{ model_version: { version: string } }>('POST', 'model-versions/create', {
      name,
      source,
      run_id: run,
      ...(model === null ? {} : { model_id: model }),
      tags,
    })
    return made.model_version.version
  }

  async deleteVersion(name: string, version: string): Promise<void> {
    await this.#connection.api('DELETE', 'model-versions/delete', { name, version })
  }

  async setAlias(name: string, alias: string, version: string): Promise<void> {
    await this.#connection.api('POST', 'registered-models/alias', { name, alias, version })
  }

  /** Puts a file into the folder that an artifact URI of this server names. */
  async putFile(artifacts: string, path: string, content: { file: string } | { bytes: Uint8Array }): Promise<void> {
    await this.#connection.put(`${proxiedFolder(artifacts) ?? ''}/${path}`, content)
  }
}

/** The folder behind `mlflow-artifacts:/…` or `mlflow-artifacts://server/…`; null for a store that is elsewhere. */
export function proxiedFolder(artifacts: string): string | null {
  return /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*)$/.exec(artifacts)?.[1] ?? null
}
