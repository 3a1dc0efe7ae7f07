import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ofThisCheckout, say } from './places.mjs'

/**
 * Does the work while no other process does work under the same lock, which is this checkout's unless another file is
 * named. The lock is the operating system's, taken by SQLite, so it ends with the process however that ends.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function exclusively(work, file = ofThisCheckout('lock')) {
  const { DatabaseSync } = await import('node:sqlite')
  await mkdir(dirname(file), { recursive: true })
  const lock = new DatabaseSync(file)
  try {
    for (let waited = false; !take(lock); waited = true) {
      if (!waited) say('Another Fleuron is setting up; waiting for it …')
      await delay(200)
    }
    return await work()
  } finally {
    lock.close()
  }
}

function take(lock) {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (error.errcode === 5 /* SQLITE_BUSY */) return false
    throw error
  }
}
