import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

/** Every entry lies flat in out/main, where electron/entries.ts finds it. */
const mainEntries = {
  main: 'electron/main.ts',
  cli: 'electron/cli.ts',
  compute: 'electron/compute.ts',
  decoder: 'electron/decoder.ts',
  engine: 'electron/engine/index.ts',
}

/** Native code stays outside; all other dependencies go into the bundle, so that the package carries nothing twice. */
const external = ['electron', 'onnxruntime-node', 'sharp', '@tensorflow/tfjs-node-gpu', 'bufferutil', 'utf-8-validate']

const git = (...args: string[]) => spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' })

/** What the sources are by git: "83ce7bb", "83ce7bb.changed" with changes that are not committed, or "" without git. */
function commit(): string {
  const { status, stdout } = git('rev-parse', '--short', 'HEAD')
  if (status !== 0) return ''
  const changed = git('status', '--porcelain', '--', 'electron', 'shared', 'package-lock.json').stdout !== ''
  return `${stdout.trim()}${changed ? '.changed' : ''}`
}

export default defineConfig({
  main: {
    define: { __COMMIT__: JSON.stringify(commit()) },
    build: {
      outDir: 'out/main',
      target: 'node24',
      externalizeDeps: false,
      minify: false,
      rolldownOptions: {
        input: mainEntries,
        external,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      // A sandboxed preload script is one CommonJS file.
      rolldownOptions: {
        input: { preload: 'electron/preload.ts' },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    plugins: [vue()],
    build: {
      outDir: 'out/renderer',
      rolldownOptions: {
        input: resolve(import.meta.dirname, 'renderer/index.html'),
        // Modules begin in the order in which they are imported, chunks or not: main.ts configures zod before its use.
        output: { strictExecutionOrder: true },
      },
    },
  },
})
