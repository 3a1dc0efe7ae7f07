import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { FleuronError } from '../../../shared/errors.ts'

/** Pretrained weights that lie on the network. */
export interface RemoteWeights {
  /** As people call the model: for messages. */
  readonly title: string
  readonly url: string
  /** About how large, for messages; what the server says counts. */
  readonly bytes: number
  /** The file they become. */
  readonly to: string
}

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  /** Bytes that are there, and of how many; null while that is not known. */
  readonly onProgress?: ((done: number, total: number | null) => void) | undefined
  /** Silence after which the line counts as cut. */
  readonly stallSeconds?: number
  /** Wait before the first new attempt; it doubles from one to the next. */
  readonly retrySeconds?: number
}

/** Address of a model's weights on the Hugging Face hub, or on the mirror that HF_ENDPOINT names. */
export const hubUrl = (hubId: string, hub = process.env['HF_ENDPOINT'] || 'https://huggingface.co'): string =>
  `${hub.replace(/\/+$/, '')}/${hubId}/resolve/main/model.safetensors`

/** New attempts without a single new byte before it is given up. */
const ATTEMPTS = 4

/**
 * Fetches weights. What has come stays beside the place of the file until it is whole, so that a cut line, a cancelled
 * download or a restart goes on where it was; a file that is there is whole and checked.
 *
 * @throws FleuronError 'offline' without a line, 'not-found' when the server has no such file, 'unreadable' when what
 *   came is not what the server announced, 'not-permitted' when it cannot be written, 'cancelled'
 */
export async function downloadWeights(weights: RemoteWeights, options: DownloadOptions = {}): Promise<void> {
  const { signal, retrySeconds = 1 } = options
  let silent = 0
  let wait = retrySeconds
  for (;;) {
    try {
      return await attempt(weights, { ...options, onBytes: () => ([silent, wait] = [0, retrySeconds]) })
    } catch (error) {
      if (signal?.aborted)
        throw new FleuronError('cancelled', 'The download was stopped; it goes on from here next time.')
      if (error instanceof FleuronError) throw error
      if (isFileError(error)) throw cannotWrite(weights, error)
      if (++silent >= ATTEMPTS) throw offline(weights, error)
      await pause(wait * 1000, undefined, signal ? { signal } : {}).catch(() => undefined)
      wait *= 2
    }
  }
}

async function attempt(weights: RemoteWeights, options: DownloadOptions & { onBytes: () => void }): Promise<void> {
  const { signal, onProgress, onBytes, stallSeconds = 30 } = options
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(new Error('the line went silent')), stallSeconds * 1000)
  const signals = AbortSignal.any(signal ? [signal, stalled.signal] : [stalled.signal])
  try {
    const announced = await ask(weights, {}, signals)
    const part = await partFile(weights.to, announced.version)
    const there = await sizeOf(part)
    let { response } = announced
    if (there > 0) {
      await response.body?.cancel()
      response = (await ask(weights, { range: `bytes=${there}-`, ...ifSame(announced) }, signals)).response
    }
    const total = announced.bytes
    // 416: nothing is missing any more, or what is there is too long.
    if (response.status === 416) await response.body?.cancel()
    else {
      const from = response.status === 206 ? there : 0
      const file = await open(part, from === 0 ? 'w' : 'r+')
      try {
        let done = from
        onProgress?.(done, total)
        for await (const chunk of response.body ?? []) {
          timer.refresh()
          await file.write(chunk, 0, chunk.length, done)
          done += chunk.length
          onBytes()
          onProgress?.(done, total)
        }
        await file.sync()
      } finally {
        await file.close()
      }
    }
    await check(weights, part, announced)
    await rename(part, weights.to)
  } finally {
    clearTimeout(timer)
  }
}

interface Answer {
  readonly response: Response
  readonly bytes: number | null
  /** Changes with the file; null when the server does not say. */
  readonly version: string | null
  readonly sha256: string | null
}

/** Asks for the file and follows redirections, which the hub answers with: only their headers know size and checksum. */
async function ask(weights: RemoteWeights, headers: Record<string, string>, signal: AbortSignal): Promise<Answer> {
  let url = new URL(weights.url)
  let linked = new Headers()
  for (let hops = 0; hops < 10; hops++) {
    const response = await fetch(url, {
      headers: { ...headers, 'accept-encoding': 'identity' },
      redirect: 'manual',
      signal,
    })
    if (response.headers.has('x-linked-etag')) linked = response.headers
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel()
      const next = new URL(location, url)
      if (url.protocol === 'https:' && next.protocol !== 'https:')
        throw noSuchFile(weights, `redirected to ${next.protocol}`)
      url = next
      continue
    }
    if (response.status === 200 || response.status === 206 || response.status === 416) return answer(response, linked)
    await response.body?.cancel()
    if (response.status === 429 || response.status >= 500) throw new Error(`the server answered ${response.status}`)
    throw noSuchFile(weights, `answered ${response.status}`)
  }
  throw noSuchFile(weights, 'redirected in circles')
}

function answer(response: Response, linked: Headers): Answer {
  const version = linked.get('x-linked-etag') ?? response.headers.get('etag')
  const size = linked.get('x-linked-size') ?? response.headers.get('content-length')
  return {
    response,
    version,
    bytes: size === null ? null : Number(size),
    // The hub's tag of a large file is the SHA-256 of its content.
    sha256: /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(version ?? '')?.[1] ?? null,
  }
}

/** The rest of another version must not be put behind the beginning of this one. */
const ifSame = ({ response }: Answer): Record<string, string> => {
  const tag = response.headers.get('etag')
  return tag === null || tag.startsWith('W/') ? {} : { 'if-range': tag }
}

/** Where the bytes are gathered. Its name has the version: the beginning of another one is not taken up, but removed. */
async function partFile(to: string, version: string | null): Promise<string> {
  const directory = dirname(to)
  await mkdir(directory, { recursive: true })
  const mark = version === null ? 'unversioned' : createHash('sha256').update(version).digest('hex').slice(0, 12)
  const name = `${basename(to)}.${mark}.part`
  for (const other of await readdir(directory)) {
    const old = other.startsWith(`${basename(to)}.`) && other.endsWith('.part')
    if (old && (other !== name || version === null)) await rm(join(directory, other), { force: true })
  }
  return join(directory, name)
}

const sizeOf = async (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

async function check(weights: RemoteWeights, part: string, { bytes, sha256 }: Answer): Promise<void> {
  const size = await sizeOf(part)
  // A line that is cut may look like an end.
  if (bytes !== null && size < bytes) throw new Error(`only ${size} of ${bytes} bytes came`)
  const wrongSize = bytes !== null && size > bytes
  if (!wrongSize && (sha256 === null || sha256 === (await hashOf(part)))) return
  await rm(part, { force: true })
  throw new FleuronError(
    'unreadable',
    `What came from ${hostOf(weights)} is not the file that it announced, and was removed; try again, or choose a local file in Settings.`,
    { details: wrongSize ? `${size} bytes instead of ${bytes}.` : 'The SHA-256 checksum differs.' },
  )
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const hostOf = ({ url }: RemoteWeights): string => new URL(url).host

/** What is wrong with the disk, not with the line: its system call works on files. */
const isFileError = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['EACCES', 'EPERM', 'ENOSPC', 'EROFS', 'EDQUOT', 'ENOTDIR', 'EEXIST'].includes(String(error.code)) &&
  'syscall' in error

const local = 'choose a local file in Settings or by FLEURON_WEIGHTS'

const offline = (weights: RemoteWeights, cause: unknown): FleuronError =>
  new FleuronError(
    'offline',
    `Fleuron does not reach ${hostOf(weights)}, from where it would fetch the weights of ${weights.title} (${Math.round(weights.bytes / 1e6)} MB); connect to the network and try again, or ${local}.`,
    { details: `${weights.url}\n${reasonOf(cause)}`, cause },
  )

const noSuchFile = (weights: RemoteWeights, what: string): FleuronError =>
  new FleuronError(
    'not-found',
    `${hostOf(weights)} does not give out the weights of ${weights.title} (it ${what}); update Fleuron, or ${local}.`,
    { details: weights.url },
  )

const cannotWrite = (weights: RemoteWeights, cause: unknown): FleuronError =>
  new FleuronError(
    'not-permitted',
    `The weights cannot be written to ${dirname(weights.to)}; make room on that disk, or change the folder's permissions.`,
    { details: reasonOf(cause), cause },
  )

/** fetch says only "fetch failed"; its cause has the reason. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
