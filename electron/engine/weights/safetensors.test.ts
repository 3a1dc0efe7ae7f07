import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stream } from '../random/stream.ts'
import { describeShared, readShared, sharedFolder } from '../testing.ts'
import { SafetensorsFile } from './safetensors.ts'
import { WeightsError } from './weights-error.ts'
import { writeSafetensors } from './write-safetensors.ts'

let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleuron-safetensors-'))
  path = join(folder, 'file.safetensors')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A file made by hand from a header (text or object), its data and, when it lies, its stated length. */
function craft(header: unknown, data: Uint8Array | number = 0, length?: bigint): string {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = new Uint8Array(8)
  new DataView(prefix.buffer).setBigUint64(0, length ?? BigInt(json.length), true)
  writeFileSync(path, Buffer.concat([prefix, json, typeof data === 'number' ? new Uint8Array(data) : data]))
  return path
}

function spoil(position: number, byte: number): string {
  const bytes = readFileSync(path)
  bytes[position] = byte
  writeFileSync(path, bytes)
  return path
}

const pair = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

describe('reading', () => {
  test('tensors of every floating-point type, and bytes as they are', () => {
    const data = new Uint8Array(31)
    const view = new DataView(data.buffer)
    view.setFloat32(0, 0.1, true)
    view.setFloat32(4, -Infinity, true)
    view.setFloat64(8, Math.PI, true)
    // Half precision: the smallest subnormal, 65504 (the largest), −2, NaN. bfloat16: 1 and −3.140625.
    ;[0x0001, 0x7bff, 0xc000, 0x7e00].forEach((bits, index) => view.setUint16(16 + 2 * index, bits, true))
    ;[0x3f80, 0xc049].forEach((bits, index) => view.setUint16(24 + 2 * index, bits, true))
    data.set([7, 8, 9], 28)
    craft(
      {
        half: pair(16, 24, [2, 2], 'F16'),
        __metadata__: { made: 'by hand' },
        bytes: pair(28, 31, [3], 'U8'),
        single: pair(0, 8),
        brain: pair(24, 28, [2], 'BF16'),
        double: pair(8, 16, [], 'F64'),
        nothing: pair(31, 31, [0, 5]),
      },
      data,
    )
    using file = SafetensorsFile.open(path)
    expect([...file.readFloat32('single')]).toEqual([Math.fround(0.1), -Infinity])
    expect([...file.readFloat32('double')]).toEqual([Math.fround(Math.PI)])
    expect([...file.readFloat32('half')]).toEqual([2 ** -24, 65504, -2, NaN])
    expect([...file.readFloat32('brain')]).toEqual([1, -3.140625])
    expect([...file.readBytes('bytes')]).toEqual([7, 8, 9])
    expect(file.readFloat32('nothing')).toHaveLength(0)
    expect(file.info('half').shape).toEqual([2, 2])
    expect(file.metadata).toEqual({ made: 'by hand' })
    expect(() => file.readFloat32('bytes')).toThrow('U8')
    expect(() => file.readFloat32('absent')).toThrow('has no tensor absent')
  })

  test('a file that shrinks while it is open', () => {
    craft({ a: pair(0, 400) }, 400)
    using file = SafetensorsFile.open(path)
    truncateSync(path, 100)
    expect(() => file.readFloat32('a')).toThrow(WeightsError)
    expect(() => file.readFloat32('a')).toThrow('cannot be read')
  })

  test('a file that is not there', () => {
    expect(() => SafetensorsFile.open(join(folder, 'absent'))).toThrow('cannot be opened (ENOENT)')
    expect(() => SafetensorsFile.open(folder)).toThrow(WeightsError)
  })
})

describe('refusing', () => {
  test.each<[string, () => string, string]>([
    ['nothing', () => (writeFileSync(path, ''), path), 'it has 0 bytes'],
    ['half a length', () => (writeFileSync(path, new Uint8Array(7)), path), 'it has 7 bytes'],
    ['an empty header', () => craft('', 0), 'its header is empty'],
    [
      'a zip of PyTorch',
      () => (writeFileSync(path, 'PK\u0003\u0004 and what follows'), path),
      'a PyTorch file (pickle)',
    ],
    [
      'a pickle',
      () => (writeFileSync(path, Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x58, 1, 0, 0, 0)), path),
      'a PyTorch file (pickle)',
    ],
    ['a huge length', () => craft('{}', 0, 2n ** 63n), 'claims 9223372036854775808 bytes'],
    ['a length past the end', () => craft('{}', 10, 13n), 'claims 13 bytes, but the file has only 20'],
    ['no JSON', () => craft('{"a":'), 'not JSON'],
    ['broken UTF-8', () => (craft('{"aa":1}'), spoil(11, 0xff)), 'not JSON'],
    ['a list', () => craft('[]'), 'not a JSON object'],
    ['space before the object', () => craft(' {}'), 'not a JSON object'],
    ['deep nesting', () => craft(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`), 'is not described'],
    [
      'a tensor twice',
      () => craft('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":1}', 1),
      '"a" twice',
    ],
    ['a field twice', () => craft('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1), 'twice'],
    ['a foreign field', () => craft({ a: { ...pair(0, 4), x: 1 } }, 4), 'unknown field "x"'],
    ['an unknown type', () => craft({ a: pair(0, 4, [1], 'F31') }, 4), 'unknown type "F31"'],
    ['an inherited type', () => craft({ a: pair(0, 4, [1], 'constructor') }, 4), 'unknown type'],
    ['a type that is no text', () => craft({ a: { ...pair(0, 4), dtype: ['F32'] } }, 4), 'unknown type'],
    ['a negative size', () => craft({ a: pair(0, 4, [-1, -1]) }, 4), 'not a list of whole numbers'],
    ['half a size', () => craft({ a: pair(0, 4, [0.5, 2]) }, 4), 'not a list of whole numbers'],
    ['an overflowing shape', () => craft({ a: pair(0, 0, [2 ** 40, 2 ** 40, 0]) }), 'larger than any file'],
    ['no shape', () => craft({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), 'shape'],
    ['one offset', () => craft({ a: { dtype: 'F32', shape: [1], data_offsets: [4] } }, 4), 'two whole numbers'],
    ['offsets reversed', () => craft({ a: pair(4, 0, [1]) }, 4), 'ends before it begins'],
    ['shape against offsets', () => craft({ a: pair(0, 4, [2]) }, 4), 'should have 8 bytes by its shape, but has 4'],
    ['an overlap', () => craft({ a: pair(0, 8), b: pair(4, 8) }, 8), 'overlaps'],
    ['a gap', () => craft({ a: pair(0, 4), b: pair(8, 12) }, 12), 'gap'],
    ['a gap at the start', () => craft({ a: pair(4, 8) }, 8), 'gap'],
    ['bytes left over', () => craft({ a: pair(0, 4) }, 6), '2 bytes follow'],
    ['a truncated file', () => craft({ a: pair(0, 400) }, 399), 'cut short'],
    ['metadata that are no texts', () => craft({ __metadata__: { n: 1 } }), 'not a text'],
    ['a tensor named __proto__', () => craft('{"__proto__":{"dtype":"F32"}}'), 'shape'],
  ])('%s', (_, make, message) => {
    const file = make()
    expect(() => SafetensorsFile.open(file)).toThrow(WeightsError)
    expect(() => SafetensorsFile.open(file)).toThrow(message)
    expect(() => SafetensorsFile.open(file)).toThrow('download it again or choose another file.')
  })
})

const tensors = () =>
  [
    ['double', { shape: [2], data: Float64Array.of(1, 1e300) }],
    ['single', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['long', { shape: [], data: BigInt64Array.of(-5n) }],
    ['byte', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ['__proto__', { shape: [1], data: Int32Array.of(-2) }],
  ] as const

describe('writing', () => {
  test('what is written is read back, aligned, and nothing else is left in the folder', () => {
    const target = join(folder, 'written.safetensors')
    writeSafetensors(target, tensors(), { format: 'pt', note: 'é' })
    using file = SafetensorsFile.open(target)
    for (const [name, { shape, data }] of tensors()) {
      expect(file.info(name).shape).toEqual(shape)
      expect(file.info(name).offset % data.BYTES_PER_ELEMENT).toBe(0)
      expect(file.readBytes(name)).toEqual(new Uint8Array(data.buffer))
    }
    expect(file.metadata).toEqual({ format: 'pt', note: 'é' })
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  test('a failure leaves the old file and no remains', () => {
    const target = join(folder, 'kept.safetensors')
    writeSafetensors(target, tensors())
    const before = readFileSync(target)
    expect(() => writeSafetensors(target, [['a', { shape: [3], data: Float32Array.of(1) }]])).toThrow('its shape [3]')
    expect(readFileSync(target)).toEqual(before)
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(() => writeSafetensors(join(folder, 'no/where'), tensors())).toThrow('ENOENT')
  })
})

test('seeded random damage is refused with a WeightsError or gives sound tensors', () => {
  const target = join(folder, 'whole.safetensors')
  writeSafetensors(
    target,
    Array.from({ length: 4 }, (_, n) => [`t${n}`, { shape: [2, n], data: new Float32Array(2 * n) }] as const),
    { a: 'b' },
  )
  const whole = readFileSync(target)
  const headerEnd = 8 + Number(whole.readBigUInt64LE(0))
  let refused = 0
  for (let photo = 0; photo < 3000; photo++) {
    const draw = stream({ seed: 1, photo, purpose: 'damage' })
    let bytes = Buffer.from(whole)
    for (let count = 1 + draw.integer(3); count > 0; count--) {
      const position = draw.integer(Math.min(headerEnd, bytes.length) || 1)
      const digits = '0123456789{}[]",:\\-.eE '
      const kind = draw.integer(5)
      if (kind === 0) bytes[position] = draw.integer(256)
      else if (kind === 1) bytes[position] = digits.charCodeAt(draw.integer(digits.length))
      else if (kind === 2)
        bytes = Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + draw.integer(9))])
      else if (kind === 3) bytes = bytes.subarray(0, draw.integer(bytes.length + 1))
      else
        bytes = Buffer.concat([
          bytes.subarray(0, position),
          whole.subarray(draw.integer(60), 60),
          bytes.subarray(position),
        ])
    }
    writeFileSync(path, bytes)
    try {
      using file = SafetensorsFile.open(path)
      for (const [name, { dtype, shape }] of file.tensors) {
        const elements = shape.reduce((product, size) => product * size, 1)
        if (dtype === 'F32') expect(file.readFloat32(name)).toHaveLength(elements)
      }
    } catch (error) {
      if (!(error instanceof WeightsError)) throw error
      refused++
    }
  }
  expect(refused).toBeGreaterThan(2000)
})

describeShared('files of the reference implementation', 'oracle/ops.safetensors', () => {
  test('every tensor that the fixtures name is there in its shape', () => {
    using file = SafetensorsFile.open(join(sharedFolder, 'oracle/ops.safetensors'))
    const named: { tensor: string; shape: number[] }[] = []
    JSON.stringify(readShared('oracle/ops.json'), (_, value: unknown) => {
      if (typeof value === 'object' && value !== null && 'tensor' in value) named.push(value as (typeof named)[0])
      return value
    })
    expect(named.length).toBeGreaterThan(500)
    for (const { tensor, shape } of named) expect(file.info(tensor).shape).toEqual(shape)
    expect(file.readFloat32('conv2d 1x1/input.x').some((value) => value !== 0)).toBe(true)
  })
})
