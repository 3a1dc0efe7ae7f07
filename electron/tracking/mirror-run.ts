import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { splits } from '../../shared/project.ts'
import type { Study } from '../../shared/study.ts'
import type { TrackingProject } from '../../shared/tracking.ts'
import { isResumable, type Evaluation, type RunState } from '../../shared/training.ts'
import { modelFiles } from '../train/model/model-folder.ts'
import { mlmodelFiles } from '../train/model/mlmodel.ts'
import { TrackingFault } from './fault.ts'
import { proxiedFolder, runTag, type Mlflow, type RemoteRun } from './mlflow.ts'
import { modelCardText } from './model-card-text.ts'
import { hashOf, type Delivered } from './outbox.ts'
import { confusionDrawing, curvesDrawing, toPng } from './pictures.ts'
import {
  datasetOf,
  endOf,
  finalMetricsOf,
  firstTagsOf,
  metricsAfter,
  paramsOf,
  stepMetricsAfter,
  tagsOf,
  type RunFacts,
} from './run-content.ts'
import { studyFiles, studyMetrics, studyParams } from './study-content.ts'

/** A run as it is now, and what is wanted of it on the server. */
export interface RunToMirror extends RunFacts {
  readonly chosen: TrackingProject
  /** The study that it is part of, with all that is known of it; null where there is none. */
  readonly study: Study | null
  /** Number of a run of the project. */
  numberOf(run: string): number
  /** Figures of a split; null without predictions for it. */
  evaluation(split: Evaluation['split']): Evaluation | null
  /** Whether a later run was registered under that name: the alias stays with it. */
  laterRegistered(name: string): boolean
}

/** MLflow's words; a run that was stopped keeps its best epoch and counts as finished, one that can go on as running. */
const statuses = {
  running: 'RUNNING',
  paused: 'RUNNING',
  interrupted: 'RUNNING',
  finished: 'FINISHED',
  stopped: 'FINISHED',
  cancelled: 'KILLED',
  failed: 'FAILED',
} as const satisfies Record<RunState, string>

/** The tag of a study's own run, under which its runs stand. */
const studyTag = 'fleuron.study'

/**
 * Brings the server up to date with a run: sends what it lacks, part by part, and calls `save` with what it has after
 * every answer. Whatever is cut off in between, calling it again sends nothing twice and leaves nothing out.
 * @throws TrackingFault
 */
export async function mirrorRun(
  run: RunToMirror,
  mlflow: Mlflow,
  before: Delivered,
  save: (delivered: Delivered) => void,
): Promise<void> {
  const { record } = run
  let delivered = before
  const keep = (change: Partial<Delivered>): void => {
    delivered = { ...delivered, ...change }
    save(delivered)
  }
  /** Sends a part unless the server has it as it is. */
  const part = async (name: string, content: unknown, send: () => Promise<void>): Promise<void> => {
    const hash = hashOf(content)
    if (delivered.parts[name] === hash) return
    await send()
    keep({ parts: { ...delivered.parts, [name]: hash } })
  }
  /** Finds what an earlier call may have made, or makes it. A reply that is lost leaves a doubt, which is on the disk. */
  const findOrMake = async <T>(find: () => Promise<T | null>, make: () => Promise<T>): Promise<T> => {
    const found = await find()
    if (found !== null) return found
    const { unsure } = delivered
    keep({ unsure: true })
    const made = await make()
    keep({ unsure })
    return made
  }

  const experiment = delivered.experiment ?? (await mlflow.experiment(run.chosen.experiment))
  if (delivered.experiment === null) keep({ experiment })
  if (record.study !== null && (delivered.parent === null || delivered.parentArtifacts === null)) {
    const { id, name } = record.study
    const parent = await findOrMake(
      async () => standing(await mlflow.findRuns(experiment, studyTag, id), name),
      () => mlflow.createRun({ experiment, name, startTime: Date.parse(record.startedAt), tags: studyTags(run, id) }),
    )
    keep({ parent: parent.id, parentArtifacts: parent.artifacts })
  }
  if (delivered.run === null || delivered.artifacts === null) {
    const name = `${run.project.name} ${record.number}`
    const tags = [
      ...firstTagsOf(run),
      ...(delivered.parent === null ? [] : [{ key: 'mlflow.parentRunId', value: delivered.parent }]),
    ]
    const made = await findOrMake(
      async () => standing(await mlflow.findRuns(experiment, runTag, record.id), `Run ${record.number}`),
      () => mlflow.createRun({ experiment, name, startTime: Date.parse(record.startedAt), tags }),
    )
    keep({ run: made.id, artifacts: made.artifacts })
  }
  const [remote, artifacts] = [delivered.run ?? '', delivered.artifacts ?? '']

  const params = paramsOf(record.settings)
  await part('params', params, () => mlflow.logParams(remote, params))
  const tags = tagsOf(run)
  await part('tags', tags, () => mlflow.setTags(remote, tags))
  const dataset = datasetOf(run)
  if (dataset !== null) await part('dataset', dataset, () => mlflow.logDataset(remote, dataset))
  const metrics = metricsAfter(record, delivered.epoch)
  if (metrics.length > 0) {
    await mlflow.logMetrics(remote, metrics)
    keep({ epoch: record.history.at(-1)?.epoch ?? 0 })
  }
  const ofSteps = stepMetricsAfter(record, run.steps, delivered.step)
  if (ofSteps.length > 0) {
    await mlflow.logMetrics(remote, ofSteps)
    keep({ step: ofSteps.at(-1)?.step ?? 0 })
  }
  if (run.study !== null) await sendStudy(run.study)
  if (record.state === 'running' || isResumable(record)) return

  const end = { status: statuses[record.state], at: endOf(record) }
  await part('status', end, async () => {
    await mlflow.updateRun(remote, end.status, end.at)
    // A study is as long as its runs; the last to end says when.
    if (delivered.parent !== null) await mlflow.updateRun(delivered.parent, 'FINISHED', end.at)
  })

  const takesFiles = proxiedFolder(artifacts) !== null
  if (takesFiles) {
    for (const { path, content, bytes } of filesOf(run)) {
      await part(path, content, async () => mlflow.putFile(artifacts, path, { bytes: await bytes() }))
    }
  }
  if (record.modelDirectory !== null && takesFiles) await sendModel(record.modelDirectory)
  const final = finalMetricsOf(run)
  await part('final', final, () => mlflow.logMetrics(remote, final, delivered.model ?? undefined))
  if (record.modelDirectory !== null && takesFiles) await register()
  if (delivered.unsure) await removeDoubles()

  /** What the study asks on its own run, and, once this run has ended, what it has come to. */
  async function sendStudy(study: Study): Promise<void> {
    const [parent, folder] = [delivered.parent ?? '', delivered.parentArtifacts ?? '']
    const asked = studyParams(study)
    await part('study params', asked, () => mlflow.logParams(parent, asked))
    if (record.state === 'running' || isResumable(record)) return
    const figures = studyMetrics(study, record, run.numberOf)
    await part('study metrics', figures, () => mlflow.logMetrics(parent, figures))
    if (proxiedFolder(folder) === null) return
    for (const { path, text } of studyFiles(study)) {
      await part(`study/${path}`, text, () => mlflow.putFile(folder, path, { bytes: Buffer.from(text) }))
    }
  }

  /** As a logged model, or as files of the run where there are none. */
  async function sendModel(directory: string): Promise<void> {
    const files = modelContents(directory, run)
    if (!(await mlflow.hasLoggedModels(experiment))) {
      for (const { path, hash, content } of files) {
        await part(`model/${path}`, hash, () => mlflow.putFile(artifacts, `model/${path}`, content))
      }
      return
    }
    const model = await findOrMake(
      async () => (await mlflow.findModels(experiment, record.id))[0] ?? null,
      () => mlflow.createModel({ experiment, name: modelName(run), run: remote, params, tags: firstTagsOf(run) }),
    )
    if (delivered.model !== model.id) keep({ model: model.id })
    for (const { path, hash, content } of files) {
      await part(`model/${path}`, hash, () => mlflow.putFile(model.artifacts, path, content))
    }
    await part('model', model.id, () => mlflow.finishModel(remote, model.id, record.bestEpoch ?? 0))
  }

  async function register(): Promise<void> {
    const { registeredModel: name, alias } = run.chosen
    if (name === null) return
    const { model } = delivered
    let version = delivered.version
    if (delivered.parts['registered'] !== hashOf(name) || version === null) {
      await mlflow.registerModel(name, [])
      const source = model === null ? `runs:/${remote}/model` : `models:/${model}`
      version = await findOrMake(
        async () => (await mlflow.findVersions(name, record.id))[0] ?? null,
        () => mlflow.createVersion({ name, source, run: remote, model, tags: [{ key: runTag, value: record.id }] }),
      )
      keep({ version, parts: { ...delivered.parts, registered: hashOf(name) } })
    }
    const registered = version
    if (alias === null || run.laterRegistered(name)) return
    await part('alias', { name, alias, registered }, () => mlflow.setAlias(name, alias, registered))
  }

  async function removeRuns(tag: string, value: string, own: string | null): Promise<void> {
    for (const { id, deleted } of await mlflow.findRuns(experiment, tag, value)) {
      if (id !== own && !deleted) await mlflow.deleteRun(id)
    }
  }

  /**
   * A call whose reply was lost may have been carried out after the server was asked for its result; then there are two.
   * Those that were written to stay.
   */
  async function removeDoubles(): Promise<void> {
    const { parent, model, version } = delivered
    await removeRuns(runTag, record.id, remote)
    if (record.study !== null) await removeRuns(studyTag, record.study.id, parent)
    if (model !== null) {
      for (const { id } of await mlflow.findModels(experiment, record.id))
        if (id !== model) await mlflow.deleteModel(id)
    }
    const name = run.chosen.registeredModel
    if (name !== null && version !== null) {
      for (const found of await mlflow.findVersions(name, record.id)) {
        if (found !== version) await mlflow.deleteVersion(name, found)
      }
    }
    keep({ unsure: false })
  }
}

/** The run that is there, or null; one that was deleted on the server was meant to go. */
function standing(runs: readonly RemoteRun[], what: string): RemoteRun | null {
  const found = runs.find(({ deleted }) => !deleted)
  if (found || runs.length === 0) return found ?? null
  throw new TrackingFault(
    'refused',
    `${what} was deleted on the server; restore it there, or choose another experiment to send it to.`,
  )
}

const studyTags = (run: RunFacts, id: string) => [
  { key: studyTag, value: id },
  ...firstTagsOf(run).filter(({ key }) => key !== runTag),
]

/** Characters that MLflow does not take in the name of a logged model. */
const modelName = ({ project, record }: RunFacts): string =>
  `${project.name} ${record.number}`.replace(/[/:.%"'\p{Cc}]+/gu, '-').slice(0, 200)

interface FileToSend {
  path: string
  /** What it is made of: with other content it is sent anew. */
  content: string
  bytes: () => Promise<Uint8Array> | Uint8Array
}

const drawn = (path: string, drawing: string): FileToSend => ({ path, content: drawing, bytes: () => toPng(drawing) })
const written = (path: string, text: string): FileToSend => ({ path, content: text, bytes: () => Buffer.from(text) })

/** Pictures, settings and card of a run that has ended. */
function filesOf({ record, card, evaluation }: RunToMirror): FileToSend[] {
  return [
    ...(record.history.length > 0 ? [drawn('curves.png', curvesDrawing(record.history, record.bestEpoch))] : []),
    ...splits.flatMap((split) => {
      const found = split === 'train' ? null : evaluation(split)
      return found === null ? [] : [drawn(`confusion-${split}.png`, confusionDrawing(found))]
    }),
    written('settings.json', `${JSON.stringify(record.settings, null, 2)}\n`),
    ...(card === null ? [] : [written('model-card.md', modelCardText(card))]),
  ]
}

interface ModelFile {
  path: string
  hash: string
  content: { file: string } | { bytes: Uint8Array }
}

/** The model's folder; a model of an older Fleuron, which had no MLmodel file, gets one on the way. */
function modelContents(directory: string, { record }: RunFacts): ModelFile[] {
  const files = readdirSync(directory).map((name): ModelFile => {
    const file = join(directory, name)
    return { path: name, hash: hashOf(readFileSync(file)), content: { file } }
  })
  if (existsSync(join(directory, 'MLmodel'))) return files
  const missing = mlmodelFiles(readFileSync(join(directory, modelFiles.model)), {
    classNames: record.classes.map(({ name }) => name),
    trainedAt: new Date(endOf(record)).toISOString(),
  })
  return [
    ...files,
    ...Object.entries(missing).map(([path, text]) => ({
      path,
      hash: hashOf(text),
      content: { bytes: Buffer.from(text) },
    })),
  ]
}
