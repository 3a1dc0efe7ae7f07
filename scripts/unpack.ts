/** Programs and drivers that npm packages hold as archives, for tests. */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { root } from './places.mjs'

const archives = join(root, 'node_modules', '@sparticuz', 'chromium', 'bin')

/** Unpacks once, into `node_modules/.fleuron/<name>`; under another name first, so that nobody finds it half done. */
async function unpackOnce(name: string, unpack: () => Promise<unknown>): Promise<string> {
  const folder = join(root, 'node_modules', '.fleuron', name)
  if (existsSync(folder)) return folder
  await mkdir(join(folder, '..'), { recursive: true })
  const unfinished = await mkdtemp(`${folder}-`)
  const before = process.env['TMPDIR']
  // The package unpacks into the system's folder for temporary files, under names that anybody could have taken.
  process.env['TMPDIR'] = unfinished
  try {
    await unpack()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
  await rename(unfinished, folder).catch(async (error: unknown) => {
    // Another process was faster.
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  })
  return folder
}

/** Folder of a headless Chromium (`chromium`) and of libraries that a system may lack. */
export const unpackChromium = (): Promise<string> =>
  unpackOnce('chromium', async () => {
    const { default: chromium, inflate } = await import('@sparticuz/chromium')
    await chromium.executablePath()
    await inflate(join(archives, 'al2023.tar.br'))
  })

/**
 * The environment of a process in which WebGPU runs on SwiftShader, a graphics processor in software: slow, and right.
 * Null where the package has none.
 */
export async function swiftShaderEnvironment(): Promise<Record<string, string> | null> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  const folder = await unpackOnce('swiftshader', async () => {
    const { inflate } = await import('@sparticuz/chromium')
    await inflate(join(archives, 'swiftshader.tar.br'))
  })
  return {
    LD_LIBRARY_PATH: [folder, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter),
    VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json'),
  }
}
