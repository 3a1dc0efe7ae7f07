#!/usr/bin/env node
/**
 * What every npm script starts: makes sure of a current Node, of the dependencies and of the build, then does what was
 * asked. It needs nothing but Node 20 and npm. stdout belongs to the command that is run.
 */
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { Explained, ofThisCheckout, root, say } from './places.mjs'
import { currentNode, goOnUnder, isCurrent, runChild } from './node.mjs'

/** Each answers with its exit status, or with nothing where the process ends by itself. */
const commands = {
  start: async (args) => {
    await prepare()
    return (await import('./start.mjs')).start(args)
  },
  fleuron: async (args) => {
    await prepare()
    return (await import('./start.mjs')).fleuron(args)
  },
  test: async (args) => {
    await prepare()
    return (await import('./test.mjs')).test(args)
  },
  check: async () => {
    await (await import('./install.mjs')).install()
    return (await (await import('./check.mjs')).check()).length > 0 ? 1 : 0
  },
  build: () => prepare(),
  bench: async (args) => {
    await prepare()
    return runChild(process.execPath, [fileURLToPath(new URL('../bench/index.ts', import.meta.url)), ...args], {
      cwd: root,
    })
  },
  package: async (args) => {
    await prepare()
    return (await import('./package.mjs')).pack(args)
  },
}

async function prepare() {
  await (await import('./install.mjs')).install()
  await (await import('./build.mjs')).build()
}

/** npm that is told to end ends its shell, which tells nobody: that our parent is gone is the signal. */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event || process.platform === 'win32') return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}

/** What V8 has compiled is kept until the next build, for the processes that are started from here, too: they begin in half the time. */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= ofThisCheckout('compiled')
  // Node 20 has no such cache.
  module.enableCompileCache?.()
}

async function main([name, ...args]) {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined
  // Installed as a program, `fleuron …` is the command line itself.
  if (!command) return commands.fleuron([name, ...args].filter((arg) => arg !== undefined))
  return command(args)
}

try {
  const args = process.argv.slice(2)
  keepCompiled()
  if (args[0] === 'start') endWithNpm()
  const status = isCurrent()
    ? await main(args)
    : await goOnUnder(await currentNode(), [fileURLToPath(import.meta.url), ...args])
  if (status !== undefined) process.exitCode = status
} catch (error) {
  if (!(error instanceof Explained)) throw error
  say(error.message)
  process.exitCode = 1
}
