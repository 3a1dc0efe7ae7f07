import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createModel } from '../models/index.ts'
import { stream } from '../random/index.ts'
import type { RandomStream } from '../random/index.ts'
import { loadPretrained } from './pretrained.ts'
import { SafetensorsFile } from './safetensors.ts'
import { WeightsError } from './weights-error.ts'

/** Damaged files by a seed: whatever is in them, only WeightsError comes out. */

const rounds = 2000
const seed = 20261127

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleuron-fuzz-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Parts {
  /** JSON text of the header. */
  header: string
  data: Uint8Array
  /** The length that is claimed for the header. */
  length: bigint
}

const tensors = { 'a.weight': [2, 3], 'a.bias': [3], 'b.weight': [2, 0, 4], 'c.scale': [] as number[] }

function soundFile(): Parts {
  let end = 0
  const entries = Object.entries(tensors).map(([name, shape]) => {
    const begin = end
    end += 4 * shape.reduce((product, size) => product * size, 1)
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }]
  })
  const header = JSON.stringify({ __metadata__: { format: 'pt' }, ...(Object.fromEntries(entries) as object) })
  return { header, data: new Uint8Array(end).fill(63), length: BigInt(header.length) }
}

/** Numbers and words that readers stumble over. */
const awkward = [
  '-1', '0', '1e308', '-0', '9007199254740993', '4294967296', '18446744073709551615', '1.5', 'null', 'true', '""',
  '"F32"', '"F4"', '[]', '{}', '[[0]]', '"__proto__"', '"constructor"', '"\\ud800"',
] // prettier-ignore

const pick = <T>(random: RandomStream, list: readonly T[]): T => list[random.integer(list.length)] as T

/** One way of going wrong each. */
const damages: readonly ((file: Parts, random: RandomStream) => void)[] = [
  // A number or word in the header becomes another.
  (file, random) => {
    const places = [...file.header.matchAll(/-?\d+|"[^"]*"|\[|\]/g)]
    const { index, 0: old } = pick(random, places)
    file.header = file.header.slice(0, index) + pick(random, awkward) + file.header.slice(index + old.length)
    file.length = BigInt(Buffer.byteLength(file.header))
  },
  // A character of the header goes, comes or changes.
  (file, random) => {
    const at = random.integer(file.header.length + 1)
    const character = String.fromCharCode(random.integer(random.uniform() < 0.1 ? 0x10000 : 128))
    file.header = file.header.slice(0, at) + pick(random, ['', character]) + file.header.slice(at + random.integer(2))
    file.length = BigInt(Buffer.byteLength(file.header))
  },
  // A part of the header is there twice.
  (file, random) => {
    const [from, size] = [random.integer(file.header.length), random.integer(80)]
    const at = random.integer(file.header.length)
    file.header = file.header.slice(0, at) + file.header.slice(from, from + size) + file.header.slice(at)
    file.length = BigInt(Buffer.byteLength(file.header))
  },
  // The length of the header is a lie.
  (file, random) => {
    const small = () => file.length + BigInt(random.integer(41) - 20)
    file.length = random.uniform() < 0.5 ? small() : BigInt(random.bits()) << BigInt(random.integer(33))
  },
  // Data are missing, or too many.
  (file, random) => {
    const size = random.integer(2 * file.data.length)
    file.data = new Uint8Array(size)
  },
  // Nested beyond measure.
  (file, random) => {
    const depth = 10 ** (1 + random.integer(5))
    file.header = file.header.replace('[2,3]', '['.repeat(depth) + pick(random, ['', ']'.repeat(depth)]))
    file.length = BigInt(Buffer.byteLength(file.header))
  },
]

function bytesOf({ header, data, length }: Parts): Buffer {
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt.asUintN(64, length))
  return Buffer.concat([prefix, Buffer.from(header), data])
}

/** A damaged file: one to three damages, then perhaps a byte turned over and the end cut off. */
function damagedFile(random: RandomStream): Buffer {
  const file = soundFile()
  for (let count = 1 + random.integer(3); count > 0; count--) pick(random, damages)(file, random)
  const bytes = bytesOf(file)
  if (random.uniform() < 0.3 && bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256)
  return random.uniform() < 0.3 ? bytes.subarray(0, random.integer(bytes.length + 1)) : bytes
}

/** Everything in a file; throws what reading throws. */
function readAll(path: string): void {
  using file = SafetensorsFile.open(path)
  for (const [name, { dtype, bytes }] of file.tensors) {
    expect(file.readBytes(name)).toHaveLength(bytes)
    if (['F32', 'F16', 'BF16', 'F64'].includes(dtype)) file.readFloat32(name)
  }
}

test(`${rounds} damaged files: a WeightsError, or what the format allows`, () => {
  const model = createModel('simple_cnn', { classes: 2 })
  const path = join(folder, 'damaged.safetensors')
  let refused = 0
  for (let round = 0; round < rounds; round++) {
    const bytes = damagedFile(stream({ seed, step: round, purpose: 'fuzz' }))
    writeFileSync(path, bytes)
    try {
      readAll(path)
    } catch (error) {
      expect(error, `round ${round}`).toBeInstanceOf(WeightsError)
      refused++
    }
    // None of these is a model, sound or not.
    if (round % 100 === 0) expect(() => loadPretrained(model, path, 0), `round ${round}`).toThrow(WeightsError)
  }
  expect(refused).toBeGreaterThan(0.8 * rounds)
  expect(refused).toBeLessThan(rounds)
})

test('every truncation of a sound file is refused', () => {
  const whole = bytesOf(soundFile())
  const path = join(folder, 'cut.safetensors')
  writeFileSync(path, whole)
  readAll(path)
  for (let size = 0; size < whole.length; size++) {
    writeFileSync(path, whole.subarray(0, size))
    expect(() => readAll(path), `${size} bytes`).toThrow(WeightsError)
  }
})

test('a claim of much memory in a small file takes none', () => {
  const path = join(folder, 'boast.safetensors')
  const before = process.memoryUsage().arrayBuffers
  for (const size of [2 ** 31, 2 ** 40, 2 ** 50]) {
    const header = JSON.stringify({ big: { dtype: 'F32', shape: [size / 4], data_offsets: [0, size] } })
    for (const length of [BigInt(header.length), 99_999_999n]) {
      writeFileSync(path, bytesOf({ header, data: new Uint8Array(8), length }))
      expect(() => readAll(path)).toThrow(WeightsError)
    }
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6)
})
