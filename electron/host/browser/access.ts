import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Who may talk to the browser host. The printed address carries a token that works once; the browser that brings it is
 * given a cookie. Another web page, another user of the computer and a name that was pointed at 127.0.0.1 by somebody
 * else's DNS all stay outside.
 */
export interface Access {
  token: string
  /** True once, for the token. */
  redeem(token: string | null): boolean
  /** `Set-Cookie` for the browser that brought the token. */
  cookie(): string
  isKnown(headers: IncomingHttpHeaders): boolean
}

/** @param port names the cookie: the browser keeps one jar for all ports of a host. */
export function createAccess(port: number): Access {
  const token = randomBytes(24).toString('base64url')
  const secret = randomBytes(24).toString('base64url')
  const name = `fleuron-${port}`
  let redeemed = false

  return {
    token,
    redeem: (given) => {
      if (redeemed || given === null || !sameText(given, token)) return false
      redeemed = true
      return true
    },
    cookie: () => `${name}=${secret}; HttpOnly; SameSite=Strict; Path=/`,
    isKnown: ({ cookie = '' }) =>
      cookie
        .split(';')
        .map((pair) => pair.trim())
        .some((pair) => pair.startsWith(`${name}=`) && sameText(pair.slice(name.length + 1), secret)),
  }
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * The request was addressed to this computer by a name that only this computer answers to. Any port will do: behind a
 * tunnel it is another one.
 */
export const isLoopbackHost = (host: string | undefined): boolean =>
  host !== undefined && /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i.test(host)

/** A page of our own asks, or nobody's page (an address typed in, a program). */
export const isOwnOrigin = ({ origin, host }: IncomingHttpHeaders): boolean =>
  origin === undefined || origin.toLowerCase() === `http://${host?.toLowerCase()}`
