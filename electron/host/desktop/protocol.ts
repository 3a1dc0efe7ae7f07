import { protocol } from 'electron'
import type { Images } from '../../api/images.ts'
import { createAssets, problem, rendererDirectory } from '../assets.ts'
import { isOwnAddress, scheme } from './origin.ts'

/** Before the application is ready: addresses of ours are secure and have an origin, as those of https have. */
export const registerScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  ])

/** Serves the renderer and the photographs by the rules of the browser host. */
export function serveScheme(images: Images): void {
  const assets = createAssets({ images, directory: rendererDirectory() })
  protocol.handle(scheme, async (request) => {
    if (request.method !== 'GET' || !isOwnAddress(request.url)) return problem(403, 'This address is not served.')
    return assets({ path: new URL(request.url).pathname, ifNoneMatch: request.headers.get('if-none-match') })
  })
}
