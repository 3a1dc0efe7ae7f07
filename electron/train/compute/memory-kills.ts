import { readFileSync } from 'node:fs'

/**
 * How many processes the kernel has ended for want of memory since the computer started (Linux, `oom_kill` in
 * /proc/vmstat); null where the system does not tell.
 */
export function memoryKills(): number | null {
  try {
    const found = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))
    return found === null ? null : Number(found[1])
  } catch {
    return null
  }
}
