/**
 * Drives the built application in a real Chromium that comes from npm alone. What is shown can be looked at afterwards
 * in tests/screenshots.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { chromium as playwright, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { unpackChromium } from '../scripts/unpack.ts'
import { patience } from './patience.ts'

const root = fileURLToPath(new URL('../', import.meta.url))
export const screenshots = join(root, 'tests', 'screenshots')

/** The sizes at which every screen is looked at. */
export const windowSizes = { small: { width: 1280, height: 800 }, large: { width: 1920, height: 1080 } } as const
export type Theme = 'light' | 'dark'

// The package's own arguments put everything into one process, which ends with the first page that closes. Nothing here
// is drawn by WebGL, and without a graphics processor in software pages are drawn sooner.
const chromiumArguments = ['--no-sandbox', '--disable-gpu']

/** Starts Chromium; on a machine that lacks its libraries, with those of the package. */
export async function launchBrowser(): Promise<Browser> {
  const folder = await unpackChromium()
  const launch = (libraries: Record<string, string>) =>
    playwright.launch({
      executablePath: join(folder, 'chromium'),
      args: chromiumArguments,
      env: { ...process.env, ...fontsFor(folder), ...libraries },
    })
  try {
    return await launch({})
  } catch (error) {
    if (!String(error).includes('error while loading shared libraries')) throw cannotStart(error)
  }
  const libraries = [join(folder, 'al2023', 'lib'), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':')
  return launch({ LD_LIBRARY_PATH: libraries }).catch((error: unknown) => Promise.reject(cannotStart(error)))
}

const cannotStart = (error: unknown): Error =>
  new Error(
    'Chromium could not be started, so nothing was tested in a browser. It needs Linux on x64 with glibc; where a ' +
      'library is named below, install the system package that holds it.',
    { cause: error },
  )

/** Without fonts of the system, those of the package. */
const fontsFor = (folder: string): Record<string, string> =>
  existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: join(folder, 'fonts') }

export interface RunningFleuron {
  /** With the token that works once. */
  address: string
  home: string
  process: ChildProcess
  /** What it said on stderr. */
  errors(): string
  stop(): Promise<void>
}

/** Starts the built application without a display, in a home of its own that is deleted at the end. */
export async function startFleuron(options: { home?: string; args?: string[] } = {}): Promise<RunningFleuron> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'fleuron-test-')))
  const child = spawn(
    process.execPath,
    [join(root, 'out', 'main', 'cli.js'), 'start', '--headless', ...(options.args ?? [])],
    { env: { ...process.env, FLEURON_HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const address = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(line)
      if (found) resolve(found[0])
    })
    child.once('error', reject)
    void ended.then(() => reject(new Error(`Fleuron ended before it was ready: ${errors}`)))
  })
  return {
    address,
    home,
    process: child,
    errors: () => errors,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      if (options.home === undefined) await rm(home, { recursive: true, force: true })
    },
  }
}

export interface WindowOptions {
  size?: keyof typeof windowSizes
  theme?: Theme
}

/** A window with cookies of its own, at one of the two sizes. */
export async function openWindow(
  browser: Browser,
  address: string,
  { size = 'small', theme = 'light' }: WindowOptions = {},
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({ viewport: windowSizes[size], colorScheme: theme, reducedMotion: 'reduce' })
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  await page.goto(address)
  return { page, context }
}

/** Saves what the page shows, as tests/screenshots/<name>.png. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `${name}.png`) })
}

/** The page at both sizes, light and dark: `<name>-small-light.png` and so on. It is left as it was found. */
export async function screenshotAll(page: Page, name: string): Promise<void> {
  const before = page.viewportSize()
  for (const [size, viewport] of Object.entries(windowSizes)) {
    for (const theme of ['light', 'dark'] as const) {
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme: theme })
      // Two frames: charts and virtual lists settle after the layout has.
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
      await screenshot(page, `${name}-${size}-${theme}`)
    }
  }
  await page.emulateMedia({ colorScheme: null })
  if (before) await page.setViewportSize(before)
}

/** The built-in sample in a window, ready to train. */
export async function openSampleToTrain(browser: Browser) {
  const fleuron = await startFleuron()
  const { page, context } = await openWindow(browser, fleuron.address)
  /** What the page complains of. */
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  await page.getByRole('button', { name: /sample/i }).click()
  await page.getByRole('navigation', { name: 'Steps' }).getByText('Train').click()
  await page.getByRole('heading', { name: 'Ready to train' }).waitFor()
  return { fleuron, page, context, faults }
}
