import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Whole processes, native sessions and a browser take part: no test is judged by its speed.
    testTimeout: 0,
    hookTimeout: 0,
    expect: { poll: { timeout: 15 * 60_000 } },
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: 'unit', include: ['{electron,shared,renderer,scripts}/**/*.test.ts'] } },
      { extends: true, test: { name: 'application', include: ['tests/**/*.test.ts'] } },
    ],
  },
})
