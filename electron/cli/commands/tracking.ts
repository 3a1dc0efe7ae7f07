import type { Contract } from '../../../shared/contract.ts'
import { FleuronError } from '../../../shared/errors.ts'
import type {
  TrackingProjectChange,
  TrackingServer,
  TrackingServerReport,
  TrackingSettings,
  TrackingStatus,
} from '../../../shared/tracking.ts'
import { dispatch } from '../../api/dispatch.ts'
import { askSecret } from '../ask-secret.ts'
import { withApplication, withProject } from '../connection.ts'
import type { Output } from '../output.ts'
import { table } from '../table.ts'

export interface TrackingSetOptions {
  url?: string
  off?: boolean
  user?: string
  token?: boolean
  project?: string
  experiment?: string
  registeredModel?: string
  alias?: string
}

/** Names of MLflow's own client. */
const passwordVariable = 'MLFLOW_TRACKING_PASSWORD'
const tokenVariable = 'MLFLOW_TRACKING_TOKEN'

export async function trackingSet(options: TrackingSetOptions): Promise<TrackingSettings> {
  const server = await serverFrom(options)
  const change = projectChange(options)
  if (server === null && change === null) {
    throw new FleuronError('invalid-input', 'Nothing was named to be set; see "fleuron tracking set --help".')
  }
  if (change !== null && options.project === undefined) {
    throw new FleuronError(
      'invalid-input',
      'Experiment, registered model and alias belong to a project; add --project <dir>.',
    )
  }
  const work = async (services: Contract): Promise<TrackingSettings> => {
    if (server !== null) await dispatch(services, 'tracking', 'setServer', server)
    if (change !== null) await dispatch(services, 'tracking', 'setProject', change)
    return services.tracking.settings()
  }
  return options.project === undefined ? withApplication(work) : withProject(options.project, work)
}

async function serverFrom({ url, off, user, token }: TrackingSetOptions): Promise<TrackingServer | null> {
  if (off === true) return { url: null }
  if (url === undefined) {
    if (user === undefined && token !== true) return null
    throw new FleuronError('invalid-input', 'A name or token goes with a server; add --url <address>.')
  }
  if (token === true) return { url, token: await askSecret('token', tokenVariable) }
  if (user !== undefined) return { url, user, password: await askSecret('password', passwordVariable) }
  return { url }
}

function projectChange({ experiment, registeredModel, alias }: TrackingSetOptions): TrackingProjectChange | null {
  // An empty name is none.
  const given = Object.entries({ experiment, registeredModel, alias }).filter(([, value]) => value !== undefined)
  return given.length === 0 ? null : Object.fromEntries(given.map(([key, value]) => [key, value === '' ? null : value]))
}

export const trackingTest = (): Promise<TrackingServerReport> =>
  withApplication((services) => services.tracking.test({}))

/** @throws FleuronError 'offline' or 'not-permitted' when not all of it got there */
export async function trackingSync(options: { project: string }): Promise<TrackingStatus> {
  const status = await withProject(options.project, (services) => services.tracking.sync())
  if (status.state === 'off') {
    throw new FleuronError(
      'not-ready',
      'No tracking server is set; name one with "fleuron tracking set --url <address>".',
    )
  }
  if (status.state === 'waiting') throw new FleuronError('offline', status.sentence)
  if (status.state === 'refused') throw new FleuronError('not-permitted', status.sentence)
  return status
}

const statusAndSettings = async (services: Contract): Promise<TrackingStatus & { settings: TrackingSettings }> => ({
  ...(await services.tracking.status()),
  settings: await services.tracking.settings(),
})

export const trackingStatus = ({ project }: { project?: string }): ReturnType<typeof statusAndSettings> =>
  project === undefined ? withApplication(statusAndSettings) : withProject(project, statusAndSettings)

export function printTrackingSettings(output: Output, { url, access, user, project }: TrackingSettings): void {
  if (url === null) output.line('Runs are recorded here only.')
  else {
    const how = { none: 'without a password', password: `as ${user ?? ''}`, token: 'with a token' }[access]
    output.line(`Runs are mirrored to ${url}, ${how}.`)
  }
  if (project === null) return
  const registered = project.registeredModel === null ? '' : `; models are registered as “${project.registeredModel}”`
  const alias = project.alias === null ? '' : `, the last one with the alias “${project.alias}”`
  output.line(`Experiment “${project.experiment}”${registered}${alias}.`)
}

export function printTrackingStatus(output: Output, { sentence, runs }: TrackingStatus): void {
  output.line(sentence)
  if (runs.length === 0) return
  output.line('')
  output.line(
    table(
      ['run', 'state', '', 'page'],
      runs.map(({ number, state, sentence: words, page }) => [number, state, words, page ?? '']),
    ),
  )
}
