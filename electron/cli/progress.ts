import cliProgress from 'cli-progress'

/** Shows how far long work is, on stderr, so that stdout holds the result alone. */
export interface Progress {
  update(title: string, done: number, total: number | null, unit: string): void
  end(): void
}

/** Seconds between two lines when nobody watches a terminal. */
const lineInterval = 5

/** A bar that redraws itself. */
function bar(): Progress {
  const shown = new cliProgress.SingleBar({
    format: '{title}  {bar} {value}/{total} {unit}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '━',
    barIncompleteChar: '─',
    barsize: 30,
  })
  let started = false
  return {
    update(title, done, total, unit) {
      if (total === null || total === 0) return
      if (!started) shown.start(total, done, { title, unit })
      started = true
      shown.setTotal(total)
      shown.update(done, { title, unit })
    },
    end() {
      if (started) shown.stop()
    },
  }
}

/** Plain lines for a log: one at the start of each part, then every few seconds. */
function lines(): Progress {
  let last = { title: '', at: 0 }
  return {
    update(title, done, total, unit) {
      const now = performance.now()
      if (title === last.title && now - last.at < lineInterval * 1000) return
      last = { title, at: now }
      process.stderr.write(total === null ? `${title}\n` : `${title}: ${done} of ${total} ${unit}\n`)
    },
    end() {},
  }
}

export const showProgress = (): Progress => (process.stderr.isTTY ? bar() : lines())
