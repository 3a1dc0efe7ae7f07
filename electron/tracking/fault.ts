/**
 * What can go wrong between here and the server. 'away' passes by itself, sooner or later; 'closed' turns everything
 * away until somebody does something; 'refused' concerns this one request.
 */
export type FaultKind = 'away' | 'closed' | 'refused'

/** One sentence, cause and remedy; `details` is what the server or the system said. */
export class TrackingFault extends Error {
  readonly kind: FaultKind
  readonly details: string
  /** MLflow's `error_code`, e.g. RESOURCE_ALREADY_EXISTS; empty where there was none. */
  readonly code: string
  /** Of the answer; null where there was none. */
  readonly status: number | null

  constructor(
    kind: FaultKind,
    message: string,
    options: { details?: string; code?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'TrackingFault'
    this.kind = kind
    this.details = options.details ?? ''
    this.code = options.code ?? ''
    this.status = options.status ?? null
  }
}

const remediesOfTls = 'set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority, or use another address'

/** By the code of the system, of OpenSSL or of undici. */
const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody answers there; start the server, or correct the address',
  ENOTFOUND: 'there is no computer of that name; correct the address, or look at the connection',
  EAI_AGAIN: 'its name cannot be looked up now; look at the connection',
  ECONNRESET: 'it broke the connection off',
  UND_ERR_SOCKET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
  ETIMEDOUT: 'it does not answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer in time',
  EHOSTUNREACH: 'there is no way to it; look at the connection',
  ENETUNREACH: 'there is no way to it; look at the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is signed by itself; ${remediesOfTls}`,
  SELF_SIGNED_CERT_IN_CHAIN: `its certificate is signed by an unknown authority; ${remediesOfTls}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate is signed by an unknown authority; ${remediesOfTls}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its certificate is signed by an unknown authority; ${remediesOfTls}`,
  CERT_HAS_EXPIRED: 'its certificate has expired; have it renewed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; correct the address',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; begin the address with http://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS; begin the address with http://',
  HPE_INVALID_CONSTANT: 'it does not speak HTTP; correct the address',
}

/** No answer came: the server is away, or what went wrong on the way. */
export function faultOfConnection(server: string, error: unknown): TrackingFault {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const timedOut = error instanceof Error && error.name === 'TimeoutError'
  const words = timedOut ? causes['ETIMEDOUT'] : causes[code]
  const details = cause instanceof Error ? cause.message : String(cause)
  return new TrackingFault(
    'away',
    `${server} cannot be reached: ${words ?? `the connection failed (${code || details})`}.`,
    {
      details,
      cause: error,
    },
  )
}

/** An answer that is none: by its status and its text. */
export function faultOfAnswer(server: string, status: number, text: string, authenticated: boolean): TrackingFault {
  const { code, message } = messageOf(text)
  const said = message.slice(0, 500)
  const fault = (kind: FaultKind, words: string): TrackingFault =>
    new TrackingFault(kind, words, { details: `${status} ${said}`.trim(), code, status })
  if (status === 401) {
    return fault(
      'closed',
      authenticated
        ? `${server} does not accept this name and password or token; correct them in Settings.`
        : `${server} asks for a name and password; enter them in Settings.`,
    )
  }
  if (status === 403 && /host header/i.test(text)) {
    return fault(
      'closed',
      `${server} does not answer to this name; start it with --allowed-hosts naming it (with its port, or host:*), or use an address it knows.`,
    )
  }
  if (status === 403 && /cross-origin/i.test(text)) {
    return fault('closed', `${server} takes calls from its own pages only; start it with --cors-allowed-origins.`)
  }
  if (status === 403) return fault('refused', `${server} does not permit this to you; ask who keeps it for permission.`)
  if (status >= 300 && status < 400) {
    return fault('closed', `${server} sends its callers elsewhere; use the address it sends them to.`)
  }
  if (status === 400 && /HTTPS port/i.test(text)) {
    return fault('closed', `${server} speaks TLS only; begin the address with https://.`)
  }
  if (status === 408 || status === 429 || status >= 500) {
    return fault('away', `${server} could not do it now (${status}); it is asked again.`)
  }
  if (code === '') {
    return fault('closed', `${server} is no MLflow server, or its address lacks a path; correct it in Settings.`)
  }
  return fault('refused', `${server} refused: ${said.replace(/\.$/, '')}.`)
}

/** MLflow answers with JSON, FastAPI's part of it with another, and what stands before it with a page. */
function messageOf(text: string): { code: string; message: string } {
  try {
    const value = JSON.parse(text) as { error_code?: unknown; message?: unknown; detail?: unknown }
    const code = value.error_code ?? (value.detail === undefined ? '' : 'DETAIL')
    return { code: String(code), message: String(value.message ?? value.detail ?? text) }
  } catch {
    return {
      code: '',
      message: text
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    }
  }
}
