/**
 * What the window may ask of the main process. Services are interfaces; methods take one input and answer with a
 * promise; members whose name starts with `on` are events. A rejected promise carries a FleuronError.
 */
import type {
  AugmentationPreview,
  CreateProject,
  ExtremesQuery,
  FieldPage,
  PhotoPage,
  ReadyStudy,
  ReviewQuery,
} from './contract-inputs.ts'
import type { EpochDetail } from './epoch-detail.ts'
import type { Extreme, PreviewedPhoto, SavedPolicy } from './augment.ts'
import type { DeviceList } from './device.ts'
import type { Photo, PhotoFilter, PhotoMark, PhotoOrder } from './photo.ts'
import type { ClassInfo, FolderReport, Project, ProjectSummary, Split } from './project.ts'
import type { FieldPhoto, FieldSession, ModelInfo, Precision } from './prediction.ts'
import type { Policy } from './policy.ts'
import type { QueuedRun, TrainingQueue } from './queue.ts'
import type { RunComparison, RunDetails, RunOverview } from './run.ts'
import type { Task } from './task.ts'
import type {
  TrackingProjectChange,
  TrackingServer,
  TrackingServerReport,
  TrackingSettings,
  TrackingStatus,
} from './tracking.ts'
import type {
  Correction,
  EpochMetrics,
  Evaluation,
  ModelDescription,
  ModelOption,
  RateSearch,
  ReviewPhoto,
  RunRecord,
  RunSummary,
  StepSeries,
  TrainingChoices,
  TrainPlan,
  TrainProgress,
  TrainSettings,
} from './training.ts'
import type { Study, StudySpec, SweepSpec } from './study.ts'

/** Subscribes; the answer unsubscribes. */
export type Event<T> = (listener: (value: T) => void) => () => void

export interface HostInfo {
  kind: 'desktop' | 'browser'
  version: string
  platform: string
  /** FLEURON_HOME. */
  home: string
}

export interface FolderListing {
  path: string
  /** Null at the top. */
  parent: string | null
  folders: { name: string; path: string }[]
  /** Photos lying directly in this folder. */
  photos: number
  /** Files with the ending that was asked for; without one, none. */
  files: { name: string; path: string }[]
}

export interface FolderRequest {
  request: string
  title: string
  /** Of the file that is wanted; null: a folder is. */
  ending: string | null
}

export interface HostService {
  info(): Promise<HostInfo>
  /** The operating system's dialog, or in the browser a list of the server's folders; null when the user thinks better of it. */
  chooseFolder(input: { title: string }): Promise<string | null>
  /** The same for one file with this ending, such as "safetensors". */
  chooseFile(input: { title: string; ending: string }): Promise<string | null>
  /** Names of folders on the server: what the browser's folder dialog shows. An empty path is the user's home. */
  listFolders(input: { path: string; ending?: string | undefined }): Promise<FolderListing>
  answerFolder(input: { request: string; path: string | null }): Promise<void>
  /** Shows a folder of the project in the file manager; the path is null where there is no file manager to show it in. */
  reveal(input: { what: 'project' | 'model'; run?: string | undefined }): Promise<{ shown: boolean; path: string }>
  /** The browser host asks the window to show its folder dialog; with an ending, for a file. */
  onFolderRequest: Event<FolderRequest>
}

export interface Settings {
  theme: 'system' | 'light' | 'dark'
  autoAdvance: boolean
  /** File or folder of pretrained weights; FLEURON_WEIGHTS goes before it. */
  weights: string | null
  /** Whether the system tells that training has ended, when nobody looks at the window. */
  notify: boolean
  /** Actions that the user gave another key, as a pattern of renderer/keymap.ts. */
  keys: Record<string, string>
  /** What new runs compute on, or "automatic"; `devices.choose` sets it. */
  device: string
}

export interface SettingsService {
  get(): Promise<Settings>
  update(input: Partial<Settings>): Promise<Settings>
  onChanged: Event<Settings>
}

/** What this computer can compute on. */
export interface DevicesService {
  list(): Promise<DeviceList>
  /** Tries a device, or all of them, with a small training step beside the same one on the processor. */
  try(input: { device?: string | undefined }): Promise<{ task: string }>
  /** A device that was tried and works, or "automatic": the fastest of these. */
  choose(input: { device: string }): Promise<DeviceList>
  /** A trial has ended, or another device was chosen. */
  onChanged: Event<DeviceList>
}

export interface TasksService {
  list(): Promise<Task[]>
  cancel(input: { task: string }): Promise<void>
  onChanged: Event<Task>
}

export interface ProjectsService {
  recent(): Promise<ProjectSummary[]>
  inspect(input: { folder: string }): Promise<FolderReport>
  /** Makes a project and starts reading the photos. `mergeCase` says what to do with Rose beside rose. */
  create(input: CreateProject): Promise<{ project: Project; task: string }>
  /** Draws the built-in sample on first use and opens it. */
  openSample(): Promise<{ project: Project; task: string | null }>
  open(input: { directory: string }): Promise<Project>
  current(): Promise<Project | null>
  close(): Promise<void>
  rename(input: { name: string }): Promise<Project>
  /** Takes it off the list; nothing on disk is touched. */
  forget(input: { directory: string }): Promise<void>
  /** Looks at the folder again: new, changed, moved and deleted photos. */
  rescan(): Promise<{ task: string }>
  /** The open project changed: counts, classes, undo; null: it was closed. */
  onChanged: Event<Project | null>
}

export interface PhotosService {
  page(input: PhotoPage): Promise<{ total: number; photos: Photo[] }>
  /** Every id the filter lets through, in order. */
  ids(input: { filter: PhotoFilter; order: PhotoOrder }): Promise<string[]>
  get(input: { ids: string[] }): Promise<Photo[]>
  /** Where classes or months begin in that list; ordered by name there are no marks. */
  marks(input: { filter: PhotoFilter; order: PhotoOrder }): Promise<PhotoMark[]>
  /** Labels, flags or files of these photos changed; 'all' when too many to name. */
  onChanged: Event<{ photos: string[] | 'all' }>
}

export interface LabelsService {
  /** On disk before it answers. A null class clears. */
  set(input: { photos: string[]; classId: string | null }): Promise<void>
  exclude(input: { photos: string[]; excluded: boolean }): Promise<void>
  flag(input: { photos: string[]; flagged: boolean }): Promise<void>
  /** The class of these photos was looked at and found right; null takes that back. */
  confirm(input: { photos: string[]; classId: string | null }): Promise<void>
  createClass(input: { name: string }): Promise<ClassInfo>
  renameClass(input: { classId: string; name: string }): Promise<void>
  /** All photos of `from` become photos of `into`; `from` is gone. */
  mergeClasses(input: { from: string; into: string }): Promise<void>
  /** Its photos lose their label. */
  removeClass(input: { classId: string }): Promise<void>
  setKey(input: { classId: string; key: string | null }): Promise<void>
  undo(): Promise<{ label: string } | null>
  redo(): Promise<{ label: string } | null>
  exportCsv(): Promise<{ name: string; text: string }>
  exportFolders(input: { to: string; how: 'link' | 'copy' }): Promise<{ task: string }>
}

export interface StudiesService {
  /** Newest first. */
  list(): Promise<Study[]>
  get(input: { study: string }): Promise<Study>
  /** One of the ready studies written out, to be looked at before it is started. */
  ready(input: ReadyStudy): Promise<StudySpec>
  /** A sweep written out. */
  sweep(input: { spec: SweepSpec }): Promise<StudySpec>
  start(input: { spec: StudySpec }): Promise<{ study: string; task: string }>
  /** Goes on with a study that was paused, cut off, or ended by its limits. */
  resume(input: { study: string }): Promise<{ study: string; task: string }>
  /** Pauses it together with its run in hand. */
  pause(input: { study: string }): Promise<void>
  /** A study has begun, a run of it has ended, or it has. */
  onChanged: Event<Study>
}

export interface AugmentService {
  /** Each photo as it is and `samples` times as the model would see it; those that cannot be read are left out. */
  preview(input: AugmentationPreview): Promise<PreviewedPhoto[]>
  /** Each transform of the policy at both ends of its range, on one photo. */
  extremes(input: ExtremesQuery): Promise<Extreme[]>
  /** Policies that were given a name, by name. */
  policies(): Promise<SavedPolicy[]>
  /** A policy of the same name is replaced. */
  save(input: { name: string; policy: Policy }): Promise<SavedPolicy>
  remove(input: { id: string }): Promise<void>
  /** The policies that have a name. */
  onChanged: Event<SavedPolicy[]>
}

export interface TrainingService {
  options(): Promise<ModelOption[]>
  /** What optimisers, schedules, losses … there are, with their own settings: forms are drawn from them. */
  choices(): Promise<TrainingChoices>
  /** Every model of the registry. */
  models(): Promise<ModelDescription[]>
  plan(input: { settings: TrainSettings }): Promise<TrainPlan>
  downloadWeights(input: { model: string }): Promise<{ task: string }>
  start(input: { settings: TrainSettings }): Promise<{ run: string; task: string }>
  /** Goes on with a run that was paused or cut off, as if nothing had happened. */
  resume(input: { run: string }): Promise<{ run: string; task: string }>
  /** Leaves the run after the step in hand; `resume` takes it up again. */
  pause(input: { run: string }): Promise<void>
  /** Ends the run after the batch in hand and keeps the best epoch. */
  stop(input: { run: string }): Promise<void>
  cancel(input: { run: string }): Promise<void>
  runs(): Promise<RunSummary[]>
  run(input: { run: string }): Promise<RunRecord>
  /** Null where nothing is known of its steps: before the first checkpoint, and of runs of older versions. */
  steps(input: { run: string }): Promise<StepSeries | null>
  /** Recall of the classes and the watched photos, epoch by epoch; none in runs of older versions. */
  epochDetails(input: { run: string }): Promise<EpochDetail[]>
  /** Looks for a good learning rate for these settings; what it finds is asked for with `rateSearch`. */
  findRate(input: { settings: TrainSettings }): Promise<{ task: string }>
  /** What a search has found until now. */
  rateSearch(input: { task: string }): Promise<RateSearch>
  /** Copies the model folder. */
  exportModel(input: { run: string; to: string }): Promise<{ directory: string }>
  onProgress: Event<TrainProgress>
  /** A run began, ended or changed its state. */
  onChanged: Event<RunSummary>
}

/** Runs that are trained one after the other, without anybody waiting for them. */
export interface QueueService {
  get(): Promise<TrainingQueue>
  /** At the end, unless a place from 0 is named; it begins at once when nothing trains and nothing waits. */
  add(input: { settings: TrainSettings; to?: number | undefined }): Promise<QueuedRun>
  /** To a place counted from 0. */
  move(input: { queued: string; to: number }): Promise<void>
  remove(input: { queued: string }): Promise<void>
  /** Holds the queue, or lets it go on: what could not begin is tried again. */
  hold(input: { held: boolean }): Promise<void>
  onChanged: Event<TrainingQueue>
}

/** The runs of the project side by side: the table, what reproduces a run, comparisons. */
export interface RunsService {
  /** Newest first, archived ones too; without the metrics of their epochs. */
  list(): Promise<RunOverview[]>
  /** Metrics of every epoch of these runs. */
  histories(input: { runs: string[] }): Promise<{ run: string; history: EpochMetrics[] }[]>
  details(input: { run: string }): Promise<RunDetails>
  /** Runs some of whose photos got another label since, or were excluded, and how many of each split. */
  corrected(): Promise<{ run: string; photos: Record<Split, number> }[]>
  annotate(input: { run: string; tags?: string[] | undefined; notes?: string | undefined }): Promise<void>
  /** Puts runs away, or takes them back. */
  archive(input: { runs: string[]; archived: boolean }): Promise<void>
  /** Which photos flipped between two runs, and whether the difference is more than chance. */
  compare(input: { first: string; second: string; split: Split }): Promise<RunComparison>
  /** One self-contained HTML page on a run, or on several side by side. */
  report(input: { runs: string[] }): Promise<{ name: string; html: string }>
  /** These runs were annotated, archived or taken back. */
  onChanged: Event<RunOverview[]>
}

export interface ReviewService {
  evaluation(input: { run: string; split: Split }): Promise<Evaluation>
  /** Photos of one cell of the confusion matrix, most confident first; without a cell, all mistakes. */
  photos(input: ReviewQuery): Promise<ReviewPhoto[]>
  /** Labels of photos the run was trained or measured with that have been changed, cleared or excluded since. */
  corrections(input: { run: string }): Promise<Correction[]>
}

export interface FieldService {
  models(): Promise<ModelInfo[]>
  /** The warnings say what was passed over, e.g. a folder that may not be read: each a sentence. */
  classifyFolder(input: {
    run: string
    folder: string
    /** 'fp32' unless said otherwise. */
    precision?: Precision | undefined
  }): Promise<{ session: string; task: string; warnings: string[] }>
  /** Photos dropped on or pasted into the window; their bytes are kept in the project's cache only. */
  classifyDropped(input: {
    run: string
    precision?: Precision | undefined
    files: { name: string; bytes: Uint8Array }[]
  }): Promise<{ session: string; task: string }>
  /** Goes on with a session that was cancelled, failed or was cut off, where it ended. */
  resume(input: { session: string }): Promise<{ session: string; task: string }>
  sessions(): Promise<FieldSession[]>
  session(input: { session: string }): Promise<FieldSession>
  photos(input: FieldPage): Promise<{ total: number; photos: FieldPhoto[] }>
  exportCsv(input: { session: string }): Promise<{ name: string; text: string }>
  onChanged: Event<FieldSession>
}

export interface TrackingService {
  settings(): Promise<TrackingSettings>
  setServer(input: TrackingServer): Promise<TrackingSettings>
  /** Of the open project. */
  setProject(input: TrackingProjectChange): Promise<TrackingSettings>
  /** Asks the server, or the one that is set, what it is. */
  test(input: { server?: TrackingServer | undefined }): Promise<TrackingServerReport>
  status(): Promise<TrackingStatus>
  /** Tries again at once what waits or was refused; answers when nothing is being sent any more. */
  sync(): Promise<TrackingStatus>
  onChanged: Event<TrackingStatus>
}

export interface Contract {
  host: HostService
  settings: SettingsService
  devices: DevicesService
  tasks: TasksService
  projects: ProjectsService
  photos: PhotosService
  labels: LabelsService
  augment: AugmentService
  training: TrainingService
  queue: QueueService
  studies: StudiesService
  runs: RunsService
  review: ReviewService
  field: FieldService
  tracking: TrackingService
}

export type ServiceName = keyof Contract
export type EventName<S> = { [K in keyof S]: K extends `on${string}` ? K : never }[keyof S]

/** The events of every service, by name: what a window may subscribe to. */
export const events: { [S in ServiceName]: readonly EventName<Contract[S]>[] } = {
  host: ['onFolderRequest'],
  settings: ['onChanged'],
  devices: ['onChanged'],
  tasks: ['onChanged'],
  projects: ['onChanged'],
  photos: ['onChanged'],
  labels: [],
  augment: ['onChanged'],
  training: ['onProgress', 'onChanged'],
  queue: ['onChanged'],
  studies: ['onChanged'],
  runs: ['onChanged'],
  review: [],
  field: ['onChanged'],
  tracking: ['onChanged'],
}
