import { join } from 'node:path'
import { collect } from './npm.mjs'
import { root } from './places.mjs'

/** What is looked at before anything is run; each with the script of its package. */
const checks = [
  { name: 'types of the main process', script: 'typescript/bin/tsc', args: ['-p', 'tsconfig.node.json'] },
  { name: 'types of the window', script: 'vue-tsc/bin/vue-tsc.js', args: ['-p', 'tsconfig.renderer.json'] },
  { name: 'lint', script: 'oxlint/bin/oxlint', args: ['--deny-warnings'] },
  { name: 'format', script: 'prettier/bin/prettier.cjs', args: ['--check', '--log-level=warn', '.'] },
  {
    name: 'layers',
    script: 'dependency-cruiser/bin/dependency-cruiser.mjs',
    args: ['--config', '.dependency-cruiser.cjs', 'electron', 'shared', 'renderer', 'tests', 'bench'],
  },
]

/**
 * Runs every check, two at a time, and shows the output of those that fail.
 * @returns {Promise<string[]>} names of those that failed
 */
export async function check() {
  const failed = []
  const waiting = [...checks]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { name, script, args } = next
      const { status, output } = await collect(process.execPath, [join(root, 'node_modules', script), ...args], root)
      if (status === 0) {
        console.log(`ok      ${name}`)
      } else {
        failed.push(name)
        console.log(`FAILED  ${name}\n${output.trim()}`)
      }
    }
  }
  await Promise.all([worker(), worker()])
  return failed
}
