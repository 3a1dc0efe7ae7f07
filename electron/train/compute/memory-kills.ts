import { readFileSync } from 'node:fs'

/**
 * How many processes the kernel has ended for want of memory since the computer started (Linux, `oom_kill` in
 * /proc/vmstat); always 0 where the system does not tell.
 */
export function memoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
