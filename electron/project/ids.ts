import { randomFillSync } from 'node:crypto'

// Lower case only: ids become names of files, also where case is ignored. 32 symbols: five bits each, none mistaken for another.
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
const length = 12

// Asking the system for every id would be most of the time of an import.
const pool = new Uint8Array(length * 512)
let used = pool.length

/** An opaque id of twelve symbols (60 random bits), unique across projects: addresses of pictures are made of it. */
export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let id = ''
  for (const end = used + length; used < end; used++) id += alphabet[(pool[used] ?? 0) & 31]
  return id
}
