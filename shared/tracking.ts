/** Mirroring runs to an MLflow server: how it is set, what the server is, and how far each run has got there. */
import { z } from 'zod'

/** How Fleuron shows itself to the server; the secret itself never leaves the main process. */
export const trackingAccess = ['none', 'password', 'token'] as const
export type TrackingAccess = (typeof trackingAccess)[number]

export interface TrackingSettings {
  /** Address of the server; null: runs are recorded here only. */
  url: string | null
  access: TrackingAccess
  /** With a password. */
  user: string | null
  /** Of the open project; null without one. */
  project: TrackingProject | null
}

/** What is chosen for a project. */
export interface TrackingProject {
  /** Name of the experiment; the project's name unless another was chosen. */
  experiment: string
  /** Name under which models of new runs are registered; null: they are not. */
  registeredModel: string | null
  /** Alias that follows the model registered last; null: none. */
  alias: string | null
}

const address = z
  .string()
  .trim()
  .max(2048)
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'begin it with http:// or https://')
const name = z.string().trim().min(1).max(250)

export const trackingServer = z.object({
  url: address.nullable(),
  /** A name alone keeps the password that is there. */
  user: z.string().max(250).nullable().optional(),
  password: z.string().max(4096).optional(),
  token: z.string().max(8192).optional(),
})
/** A server to be used or tried; without a user, password or token it is approached without any. */
export type TrackingServer = z.infer<typeof trackingServer>

export const trackingProject = z.object({
  /** Null: the project's name. */
  experiment: name.nullable().optional(),
  registeredModel: name
    .regex(/^[^/:'"`]*$/, 'a name has no / and :, and no quotes')
    .nullable()
    .optional(),
  alias: name
    .regex(/^[A-Za-z0-9_-]*$/, 'an alias has letters, digits, _ and - only')
    .refine((text) => !/^(latest|v\d+)$/i.test(text), 'MLflow keeps “latest” and “v1” for itself')
    .nullable()
    .optional(),
})
export type TrackingProjectChange = z.infer<typeof trackingProject>

/** What a server says of itself. */
export interface TrackingServerReport {
  /** Null where it keeps it to itself. */
  version: string | null
  /** Whether it asked who is there. */
  authenticated: boolean
  /** Whether it takes pictures and models; if not, where its clients have to put them themselves. */
  artifacts: 'taken' | 'elsewhere'
  /** Whether models are things of their own there (MLflow 3); older servers get them as files of the run. */
  loggedModels: boolean
  /** All of it in a sentence or two. */
  sentence: string
}

/** 'off': no server is set. 'waiting': the server does not answer, or turns everything away. */
export type TrackingState = 'off' | 'mirrored' | 'sending' | 'waiting' | 'refused'

export interface RunMirror {
  run: string
  number: number
  state: TrackingState
  /** In words, with the remedy where there is one. */
  sentence: string
  /** Page of the run on the server, once it is there. */
  page: string | null
}

export interface TrackingStatus {
  state: TrackingState
  /** In words, with the remedy where there is one. */
  sentence: string
  /** When the server is asked again, ISO 8601. */
  nextAttempt: string | null
  /** Runs that the server has not, or not whole. */
  pending: number
  /** Runs of the open project, latest first. */
  runs: RunMirror[]
}
