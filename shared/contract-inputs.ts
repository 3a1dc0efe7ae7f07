/** What a call must look like to be let in: a schema for every method of the contract. */
import { z } from 'zod'
import type { Contract, EventName, ServiceName, Settings } from './contract.ts'
import { photoFilter, photoOrder } from './photo.ts'
import { policy, type Policy } from './policy.ts'
import { decisions, precisions, type Decision, type Precision } from './prediction.ts'
import { splits } from './project.ts'
import { assignments, studySpec, sweepSpec } from './study.ts'
import { trackingProject, trackingServer } from './tracking.ts'
import { trainModes, trainSettings } from './training.ts'

type MethodName<S> = Exclude<keyof S, EventName<S>>
type InputOf<F> = F extends (input: infer I) => unknown ? (unknown extends I ? undefined : I) : never

/** A schema for every method of every service; one that is missing, or of another type, does not compile. */
type InputSchemas = { [S in ServiceName]: { [M in MethodName<Contract[S]>]: z.ZodType<InputOf<Contract[S][M]>> } }

const none = z.undefined()
const id = z.string().min(1).max(64)
const ids = z.array(id).max(1_000_000)
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'A path cannot contain a zero byte.')
const className = z.string().trim().min(1).max(200)
const ending = z.string().regex(/^[a-z0-9]{1,20}$/)
const run = z.object({ run: id })
const place = z.int().min(0)
const someRuns = z.array(id).min(1).max(1000)
const split = z.enum(splits)
const precision = z.enum(precisions)

const createProject = z.object({
  folder: path,
  name: z.string().trim().min(1).max(200).optional(),
  directory: path.optional(),
  mergeCase: z.boolean().optional(),
})
export type CreateProject = z.infer<typeof createProject>

const photoPage = z.object({
  filter: photoFilter,
  order: photoOrder,
  offset: z.int().min(0),
  limit: z.int().min(1).max(1000),
})
export type PhotoPage = z.infer<typeof photoPage>

const augmentationPreview = z.object({
  policy,
  imageSize: z.int().min(32).max(640),
  /** Chosen by the application when left out. */
  photos: z.array(id).max(12).optional(),
  count: z.int().min(1).max(12),
  samples: z.int().min(1).max(24),
  seed: z.int().min(0),
})
export type AugmentationPreview = z.infer<typeof augmentationPreview> & { policy: Policy }

const extremesQuery = z.object({ policy, imageSize: z.int().min(32).max(640), photo: id })
export type ExtremesQuery = z.infer<typeof extremesQuery>

const reviewQuery = z.object({
  run: id,
  split,
  cell: z.object({ trueClass: id, predictedClass: id }).optional(),
})
export type ReviewQuery = z.infer<typeof reviewQuery>

const fieldPage = z.object({
  session: id,
  decision: z.enum(decisions).optional(),
  offset: z.int().min(0),
  limit: z.int().min(1).max(1000),
})
export type FieldPage = z.infer<typeof fieldPage> & { decision?: Decision | undefined }

const readyStudy = z.object({
  kind: z.enum(['augmentation', 'architecture']),
  /** What is trained under each policy of an augmentation study; the simple CNN from scratch unless given. */
  model: z.string().min(1).optional(),
  mode: z.enum(trainModes).optional(),
  /** What an architecture study compares; one network of each kind unless given. */
  ways: z
    .array(z.object({ model: z.string().min(1), mode: z.enum(trainModes) }))
    .min(1)
    .max(100)
    .optional(),
  /** How often each way is trained. */
  seeds: z.int().min(1).max(50),
  set: assignments,
})
export type ReadyStudy = z.infer<typeof readyStudy>

export const inputs: InputSchemas = {
  host: {
    info: none,
    chooseFolder: z.object({ title: z.string().max(200) }),
    chooseFile: z.object({ title: z.string().max(200), ending }),
    listFolders: z.object({ path: z.string().max(4096), ending: ending.optional() }),
    answerFolder: z.object({ request: id, path: path.nullable() }),
    reveal: z.object({ what: z.enum(['project', 'model']), run: id.optional() }),
  },
  settings: {
    get: none,
    update: z.object({
      theme: z.enum(['system', 'light', 'dark']).optional(),
      autoAdvance: z.boolean().optional(),
      weights: path.nullable().optional(),
      notify: z.boolean().optional(),
      keys: z.record(z.string().max(40), z.string().min(1).max(40)).optional(),
    }) as z.ZodType<Partial<Settings>>,
  },
  devices: {
    list: none,
    try: z.object({ device: z.string().max(40).optional() }),
    choose: z.object({ device: z.string().max(40) }),
  },
  tasks: { list: none, cancel: z.object({ task: id }) },
  projects: {
    recent: none,
    inspect: z.object({ folder: path }),
    create: createProject,
    openSample: none,
    open: z.object({ directory: path }),
    current: none,
    close: none,
    rename: z.object({ name: z.string().trim().min(1).max(200) }),
    forget: z.object({ directory: path }),
    rescan: none,
  },
  photos: {
    page: photoPage,
    ids: z.object({ filter: photoFilter, order: photoOrder }),
    get: z.object({ ids }),
    marks: z.object({ filter: photoFilter, order: photoOrder }),
  },
  labels: {
    set: z.object({ photos: ids, classId: id.nullable() }),
    exclude: z.object({ photos: ids, excluded: z.boolean() }),
    flag: z.object({ photos: ids, flagged: z.boolean() }),
    confirm: z.object({ photos: ids, classId: id.nullable() }),
    createClass: z.object({ name: className }),
    renameClass: z.object({ classId: id, name: className }),
    mergeClasses: z.object({ from: id, into: id }),
    removeClass: z.object({ classId: id }),
    setKey: z.object({ classId: id, key: z.string().length(1).nullable() }),
    undo: none,
    redo: none,
    exportCsv: none,
    exportFolders: z.object({ to: path, how: z.enum(['link', 'copy']) }),
  },
  studies: {
    list: none,
    get: z.object({ study: id }),
    ready: readyStudy,
    sweep: z.object({ spec: sweepSpec }),
    start: z.object({ spec: studySpec }),
    resume: z.object({ study: id }),
    pause: z.object({ study: id }),
  },
  augment: {
    preview: augmentationPreview,
    extremes: extremesQuery,
    policies: none,
    save: z.object({ name: z.string().trim().min(1).max(100), policy }),
    remove: z.object({ id }),
  },
  training: {
    options: none,
    choices: none,
    models: none,
    plan: z.object({ settings: trainSettings }),
    downloadWeights: z.object({ model: id }),
    start: z.object({ settings: trainSettings }),
    resume: run,
    pause: run,
    stop: run,
    cancel: run,
    runs: none,
    run,
    steps: run,
    epochDetails: run,
    findRate: z.object({ settings: trainSettings }),
    rateSearch: z.object({ task: id }),
    exportModel: z.object({ run: id, to: path }),
  },
  queue: {
    get: none,
    add: z.object({ settings: trainSettings, to: place.optional() }),
    move: z.object({ queued: id, to: place }),
    remove: z.object({ queued: id }),
    hold: z.object({ held: z.boolean() }),
  },
  runs: {
    list: none,
    histories: z.object({ runs: someRuns }),
    details: run,
    corrected: none,
    annotate: z.object({
      run: id,
      tags: z.array(z.string().trim().min(1).max(40)).max(20).optional(),
      notes: z.string().max(10_000).optional(),
    }),
    archive: z.object({ runs: someRuns, archived: z.boolean() }),
    compare: z.object({ first: id, second: id, split }),
    report: z.object({ runs: z.array(id).min(1).max(20) }),
  },
  review: {
    evaluation: z.object({ run: id, split }),
    photos: reviewQuery,
    corrections: run,
  },
  field: {
    models: none,
    classifyFolder: z.object({ run: id, folder: path, precision: precision.optional() }),
    classifyDropped: z.object({
      run: id,
      precision: precision.optional(),
      files: z
        .array(z.object({ name: z.string().min(1).max(255), bytes: z.instanceof(Uint8Array) }))
        .min(1)
        .max(1000),
    }) as z.ZodType<{ run: string; precision?: Precision | undefined; files: { name: string; bytes: Uint8Array }[] }>,
    resume: z.object({ session: id }),
    sessions: none,
    session: z.object({ session: id }),
    photos: fieldPage,
    exportCsv: z.object({ session: id }),
  },
  tracking: {
    settings: none,
    setServer: trackingServer,
    setProject: trackingProject,
    test: z.object({ server: trackingServer.optional() }),
    status: none,
    sync: none,
  },
}
