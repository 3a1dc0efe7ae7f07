import type { TrackingServerReport } from '../../shared/tracking.ts'
import type { Connection } from './connection.ts'
import { TrackingFault } from './fault.ts'

/**
 * Asks a server what it is, without changing anything on it.
 * @throws TrackingFault with what is wrong and the remedy
 */
export async function reportOnServer(connection: Connection): Promise<TrackingServerReport> {
  const version = await versionOf(connection)
  // POST, as all that mirroring does: servers look at Host and Origin of these.
  await connection.api('POST', 'experiments/search', { max_results: 1 })
  const loggedModels = await exists(() =>
    connection.api('POST', 'logged-models/search', { experiment_ids: ['0'], max_results: 1 }),
  )
  const artifacts = (await exists(() => connection.text('/api/2.0/mlflow-artifacts/artifacts?path=')))
    ? 'taken'
    : 'elsewhere'
  const report = { version, authenticated: connection.authenticated, artifacts, loggedModels } as const
  return { ...report, sentence: sentenceOf(report) }
}

/** Its number; null where there is none to be had. @throws TrackingFault where the address leads to something else */
async function versionOf(connection: Connection): Promise<string | null> {
  try {
    const text = (await connection.text('/version')).trim()
    return /^\d+\.\d+/.test(text) ? text : null
  } catch (error) {
    // Managed servers do not tell; that they are MLflow shows with the next call.
    if (error instanceof TrackingFault && error.status === 404) return null
    throw error
  }
}

/** 404, or 503 where artifacts are not handed on: it is not there. */
async function exists(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (!(error instanceof TrackingFault)) throw error
    if (error.status === 404 && error.code === '') return false
    if (error.status === 503) return false
    // It knows the call, and had something against this one.
    if (error.kind === 'refused') return true
    throw error
  }
}

function sentenceOf({
  version,
  authenticated,
  artifacts,
  loggedModels,
}: Omit<TrackingServerReport, 'sentence'>): string {
  const name = version === null ? 'An MLflow server' : `MLflow ${version}`
  const access = authenticated ? 'accepts you' : 'asks for no password'
  const files =
    artifacts === 'taken'
      ? `takes pictures and models${loggedModels ? '' : ' (as files of the run: it is older than MLflow 3)'}`
      : 'does not take pictures and models, since it was started with --no-serve-artifacts: runs get there without them'
  return `${name} answers, ${access}, and ${files}.`
}
