import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { patience } from './tests/patience.ts'

/** Tests that take a minute or more, the longest first. */
const long = [
  'tests/loop.test.ts',
  'electron/train/devices/webgpu.swiftshader.test.ts',
  'electron/train/run/resume.test.ts',
  'electron/train/run/run-training.test.ts',
  'tests/runs.test.ts',
  'electron/train/learning.test.ts',
  'electron/api/lost-device.swiftshader.test.ts',
]

const placeOf = ({ moduleId }: TestSpecification): number => {
  const found = long.findIndex((path) => moduleId.endsWith(`/${path}`))
  return found === -1 ? long.length : found
}

/**
 * Long tests begin first, so that none is left to go on alone at the end. Where nothing is known of an earlier run,
 * Vitest goes by the sizes of the files, and some of these are small.
 */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}

export default defineConfig({
  test: {
    // Whole processes, native sessions and a browser take part: no test is judged by its speed.
    testTimeout: 0,
    hookTimeout: 0,
    expect: { poll: { timeout: patience } },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'unit', include: ['{electron,shared,renderer,scripts}/**/*.test.ts'] } },
      { extends: true, test: { name: 'application', include: ['tests/**/*.test.ts'] } },
    ],
  },
})
