import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** Everything that features depend on besides the photo and the view of it. */
export interface FeatureIdentity {
  model: string
  /** Hash of the weights file. */
  weights: string
  /** Whatever decides the pixels the model sees, said in a stable way. */
  preprocessing: string
}

/**
 * Features of photos already computed, kept in a file of the project's cache: one shelf per model, weights and
 * preprocessing. Records are appended whole with a checksum, so a shelf survives any interruption: what is not whole
 * is dropped when it is opened again. One process has a shelf open at a time.
 */
export interface FeatureShelf extends Disposable {
  /** Length of a feature vector. */
  readonly dimension: number
  readonly count: number
  /** `photo` is the hash of the file's bytes, `view` says how it is shown ("plain", "mirror", …). */
  get(photo: string, view: string): Float32Array | undefined
  put(photo: string, view: string, features: Float32Array): void
}

const magic = 'fleuron features 1\n'
const keyBytes = 24

const digest = (...parts: string[]): Buffer =>
  createHash('sha256').update(parts.join('\n')).digest().subarray(0, keyBytes)

function readFully(descriptor: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(descriptor).size)
  for (let done = 0; done < bytes.length;) {
    const count = readSync(descriptor, bytes, done, bytes.length - done, done)
    if (count === 0) return bytes.subarray(0, done)
    done += count
  }
  return bytes
}

/** Opens or makes the shelf in `directory`; a file of another format or dimension is begun anew: it is only a cache. */
export function openFeatureShelf(directory: string, identity: FeatureIdentity, dimension: number): FeatureShelf {
  mkdirSync(directory, { recursive: true })
  const { model, weights, preprocessing } = identity
  const name = `${model}-${digest(model, weights, preprocessing, String(dimension)).toString('hex').slice(0, 16)}.features`
  const descriptor = openSync(join(directory, name), constants.O_RDWR | constants.O_CREAT)
  const featureBytes = dimension * 4
  const recordBytes = keyBytes + featureBytes + 4

  const known = new Map<string, Float32Array>()
  const bytes = readFully(descriptor)
  let end = magic.length
  if (bytes.subarray(0, magic.length).toString('latin1') === magic) {
    for (; end + recordBytes <= bytes.length; end += recordBytes) {
      const body = bytes.subarray(end, end + recordBytes - 4)
      if (crc32(body) !== bytes.readUInt32LE(end + recordBytes - 4)) break
      known.set(body.toString('latin1', 0, keyBytes), new Float32Array(new Uint8Array(body.subarray(keyBytes)).buffer))
    }
  } else {
    writeSync(descriptor, magic, 0, 'latin1')
  }
  ftruncateSync(descriptor, end)

  return {
    dimension,
    get count() {
      return known.size
    },
    get: (photo, view) => known.get(digest(photo, view).toString('latin1')),
    put(photo, view, features) {
      if (features.length !== dimension) throw new RangeError(`${features.length} features on a shelf of ${dimension}`)
      const key = digest(photo, view)
      if (known.has(key.toString('latin1'))) return
      const own = features.slice()
      const record = Buffer.alloc(recordBytes)
      key.copy(record)
      record.set(new Uint8Array(own.buffer), keyBytes)
      record.writeUInt32LE(crc32(record.subarray(0, recordBytes - 4)), recordBytes - 4)
      known.set(key.toString('latin1'), own)
      // A record written in part (a full disk) is overwritten by the next one, or dropped when the shelf is opened.
      if (writeSync(descriptor, record, 0, recordBytes, end) === recordBytes) end += recordBytes
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  }
}
