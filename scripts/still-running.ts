import type { Reporter, TestCase, TestModule } from 'vitest/node'

const minute = 60_000
/** Tests that take longer are named, and again as long as they go on. */
const longerThan = 2 * minute

/**
 * Names the tests that have been running for long, every two minutes: whoever ends a run that hangs, by hand or by the
 * limit of a machine, sees where. It says nothing of a run that goes well but for its longest tests.
 */
export default class StillRunning implements Reporter {
  readonly #since = new Map<TestCase | TestModule, number>()
  #timer: NodeJS.Timeout | undefined

  onTestRunStart(): void {
    this.#timer = setInterval(() => this.#tell(), longerThan)
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer)
  }

  onTestModuleStart(file: TestModule): void {
    this.#since.set(file, Date.now())
  }

  onTestModuleEnd(file: TestModule): void {
    this.#since.delete(file)
  }

  onTestCaseReady(test: TestCase): void {
    this.#since.delete(test.module)
    this.#since.set(test, Date.now())
  }

  /** Between tests the file itself is what runs: hooks take long too. */
  onTestCaseResult(test: TestCase): void {
    this.#since.delete(test)
    this.#since.set(test.module, Date.now())
  }

  #tell(): void {
    for (const [running, since] of this.#since) {
      const time = Date.now() - since
      if (time < longerThan) continue
      const name =
        running.type === 'test'
          ? `${running.module.relativeModuleId} > ${running.fullName}`
          : `${running.relativeModuleId}, between its tests`
      process.stderr.write(`STILL RUNNING after ${Math.round(time / minute)} minutes: ${name}\n`)
    }
  }
}
