import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from './check.mjs'
import { runChild } from './node.mjs'
import { root } from './places.mjs'

const results = join(root, 'out', 'tests.json')

/**
 * Checks, then all tests; `--unit` or `--application` runs one kind only, other words are names of test files. The last
 * line sums up, for people and machines.
 */
export async function test(args) {
  const projects = ['unit', 'application'].filter((kind) => args.includes(`--${kind}`))
  const rest = args.filter((arg) => arg !== '--unit' && arg !== '--application')
  const failedChecks = projects.length === 0 && rest.length === 0 ? await check() : []

  await rm(results, { force: true })
  const status = await runChild(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...projects.map((kind) => `--project=${kind}`),
      '--reporter=default',
      '--reporter=json',
      `--reporter=${join(root, 'scripts', 'still-running.ts')}`,
      `--outputFile.json=${results}`,
      ...rest,
    ],
    { cwd: root },
  )
  if (failedChecks.length > 0) console.log(`Checks that failed: ${failedChecks.join(', ')}.`)
  const counts = await readFile(results, 'utf8').then(JSON.parse, () => null)
  if (!counts) {
    console.log('The tests ended before they could be counted.')
    return status || 1
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = counts
  // A file that cannot be loaded has no tests that could fail.
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const failed = numFailedTests + unloaded.length
  console.log(`\n${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`)
  return status || (failedChecks.length > 0 ? 1 : 0)
}
