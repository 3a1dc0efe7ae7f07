import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toErrorValue, type ErrorCode } from '../../shared/errors.ts'
import { imageTiers, type ImageTier } from '../../shared/photo.ts'
import type { Images } from '../api/images.ts'
import type { Picture } from '../dataset/pictures.ts'

/** The built renderer: beside the bundle, or, from the sources, where the build puts it. */
export const rendererDirectory = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../out/renderer/' : '../renderer/', import.meta.url))

export interface AssetsOptions {
  images: Images
  /** Of the built renderer. */
  directory: string
}

/** Answers a GET for the renderer's files and for photographs, by the same rules on both hosts. */
export type Assets = (request: { path: string; ifNoneMatch: string | null }) => Promise<Response>

/**
 * The renderer's files are listed once and served by exact name, and photographs by id: no part of an address ever
 * becomes a path.
 */
export function createAssets({ images, directory }: AssetsOptions): Assets {
  const files = listFiles(directory)
  return async ({ path, ifNoneMatch }) => {
    if (path.startsWith('/images/')) return serveImage(images, path, ifNoneMatch)
    const name = path === '/' ? 'index.html' : path.slice(1)
    const file = files.get(name)
    if (file === undefined) return problem(404, 'There is nothing at this address.')
    return new Response(await readFile(file), {
      headers: {
        'content-type': mediaTypes[extname(name)] ?? 'application/octet-stream',
        // The build puts a hash into every name under assets/.
        'cache-control': name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
        ...securityHeaders,
        ...(name.endsWith('.html') ? { 'content-security-policy': pagePolicy } : {}),
      },
    })
  }
}

export const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

/** Nothing from elsewhere, ever; inline styles are what Vue and its components set on elements. */
const pagePolicy = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

function listFiles(directory: string): ReadonlyMap<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(join(directory, sep).length).split(sep).join('/'), file]),
  )
}

const photoAddress = /^\/images\/photo\/([\w-]{1,64})\/(\w+)$/
const fieldAddress = /^\/images\/field\/([\w-]{1,64})\/(\d{1,9})\/(\w+)$/

async function serveImage(images: Images, path: string, ifNoneMatch: string | null): Promise<Response> {
  const find = imageRequest(images, path)
  if (!find) return problem(404, 'There is no such photo.')
  try {
    const image = await find()
    const headers = { etag: image.tag, 'cache-control': 'private, no-cache', ...securityHeaders }
    if (ifNoneMatch === image.tag) return new Response(null, { status: 304, headers })
    return new Response(image.bytes, { headers: { ...headers, 'content-type': image.mediaType } })
  } catch (error) {
    const { code, message } = toErrorValue(error)
    return problem(statusOf[code] ?? 500, message)
  }
}

function imageRequest(images: Images, path: string): (() => Promise<Picture>) | null {
  const [, photo, photoTier] = photoAddress.exec(path) ?? []
  if (photo !== undefined && isTier(photoTier)) return () => images.photo(photo, photoTier)
  const [, session, index, fieldTier] = fieldAddress.exec(path) ?? []
  if (session !== undefined && isTier(fieldTier)) return () => images.field(session, Number(index), fieldTier)
  return null
}

const isTier = (text: string | undefined): text is ImageTier => imageTiers.some((tier) => tier === text)

const statusOf: Partial<Record<ErrorCode, number>> = {
  'not-found': 404,
  'not-permitted': 403,
  'not-ready': 409,
  unreadable: 422,
  'invalid-input': 400,
}

/** An error as a status and one sentence. */
export const problem = (status: number, message: string): Response =>
  new Response(message, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...securityHeaders },
  })
