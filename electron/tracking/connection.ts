import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { FleuronError } from '../../shared/errors.ts'
import { faultOfAnswer, faultOfConnection, TrackingFault } from './fault.ts'

/** A server and how to show oneself to it. */
export interface ServerAccess {
  /** Without a slash at its end. */
  readonly url: string
  readonly user: string | null
  readonly password: string | null
  readonly token: string | null
}

/** Milliseconds for an answer; a file gets more, by its size at the slowest speed worth waiting for. */
const patience = 30_000
const slowest = 50_000 / 1000

type Json = Record<string, unknown>

/** Calls to one server. Every failure is a TrackingFault, save 'cancelled'. */
export class Connection {
  readonly #access: ServerAccess
  readonly #signal: AbortSignal
  /** The server's address as it is shown. */
  readonly server: string

  constructor(access: ServerAccess, signal: AbortSignal) {
    this.#access = access
    this.#signal = signal
    this.server = access.url
  }

  get authenticated(): boolean {
    return this.#access.token !== null || this.#access.user !== null
  }

  /** GET of a path under the server's address, as text. */
  async text(path: string): Promise<string> {
    return this.#call('GET', path, {}, patience)
  }

  /** A call of the REST API, e.g. 'runs/create'; an empty answer is {}. */
  async api<T extends Json = Json>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    input: Json = {},
  ): Promise<T> {
    const query = method === 'GET' ? `?${new URLSearchParams(input as Record<string, string>)}` : ''
    // One string: MLflow takes a body without Content-Length for an empty one.
    const body =
      method === 'GET' ? {} : { body: JSON.stringify(input), headers: { 'content-type': 'application/json' } }
    const text = await this.#call(method, `/api/2.0/mlflow/${path}${query}`, body, patience)
    return this.#json<T>(text)
  }

  /** Puts a file, or bytes, where MLflow hands artifacts on to its store. */
  async put(path: string, content: { file: string } | { bytes: Uint8Array }): Promise<void> {
    const body = 'file' in content ? await openAsBlob(content.file) : new Blob([new Uint8Array(content.bytes)])
    const size = 'file' in content ? (await stat(content.file)).size : content.bytes.length
    const encoded = path.split('/').map(encodeURIComponent).join('/')
    await this.#call('PUT', `/api/2.0/mlflow-artifacts/artifacts/${encoded}`, { body }, patience + size / slowest)
  }

  #json<T>(text: string): T {
    try {
      return (text.trim() === '' ? {} : JSON.parse(text)) as T
    } catch (error) {
      throw new TrackingFault(
        'closed',
        `${this.server} is no MLflow server: it answers with a page; correct its address in Settings.`,
        { cause: error },
      )
    }
  }

  async #call(method: string, path: string, init: RequestInit, timeout: number): Promise<string> {
    const { url, user, password, token } = this.#access
    const headers = new Headers(init.headers)
    if (token !== null) headers.set('authorization', `Bearer ${token}`)
    else if (user !== null) {
      headers.set('authorization', `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`)
    }
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(Math.ceil(timeout))])
    let status: number
    let text: string
    try {
      // Not followed: a redirection would take the password elsewhere, and turn POST into GET.
      const answer = await fetch(url + path, { ...init, method, headers, signal, redirect: 'manual' })
      status = answer.status
      text = await answer.text()
    } catch (error) {
      if (this.#signal.aborted) throw new FleuronError('cancelled', 'Mirroring was interrupted.', { cause: error })
      throw faultOfConnection(this.server, error)
    }
    if (status >= 200 && status < 300) return text
    throw faultOfAnswer(this.server, status, text, this.authenticated)
  }
}
