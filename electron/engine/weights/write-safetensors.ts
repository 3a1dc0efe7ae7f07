import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dtypeBytes } from './safetensors-header.ts'
import type { Dtype } from './safetensors-header.ts'

/** A tensor to write. `data` holds its elements row-major; `dtype` follows from the kind of array unless given. */
export interface TensorToWrite {
  readonly shape: readonly number[]
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array
}

const dtypeOf = (data: TensorToWrite['data']): Dtype => {
  if (data instanceof Float32Array) return 'F32'
  if (data instanceof Float64Array) return 'F64'
  if (data instanceof Int32Array) return 'I32'
  if (data instanceof Uint8Array) return 'U8'
  return 'I64'
}

/** The bytes before the data: length and header, padded with spaces so that the data start on a multiple of 8. */
function encodeHeader(
  tensors: readonly [string, TensorToWrite][],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let offset = 0
  const entries = tensors.map(([name, { shape, data }]) => {
    const dtype = dtypeOf(data)
    const elements = shape.reduce((product, dimension) => product * dimension, 1)
    if (elements !== data.length) {
      throw new RangeError(
        `${name} has ${data.length} elements, but its shape [${shape.join(', ')}] holds ${elements}.`,
      )
    }
    const begin = offset
    offset += elements * dtypeBytes[dtype]
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const
  })
  const head = Object.keys(metadata).length > 0 ? [['__metadata__', metadata] as const] : []
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...head, ...entries])))
  const length = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(json, 8)
  return bytes
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
}

/**
 * Writes a safetensors file. It appears under its name whole or not at all: the data go to a temporary file beside it,
 * reach the disk, and only then take its place.
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, TensorToWrite]>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  // Widest elements first keep every tensor aligned to its own element size, as the format asks; then by name.
  const inOrder = [...tensors]
    .map(([name, tensor]) => [name, tensor] as [string, TensorToWrite])
    .sort(([a, x], [b, y]) => y.data.BYTES_PER_ELEMENT - x.data.BYTES_PER_ELEMENT || (a < b ? -1 : 1))
  if (new Set(inOrder.map(([name]) => name)).size < inOrder.length) throw new RangeError('Two tensors have one name.')
  const temporary = `${path}.${process.pid}.tmp`
  const descriptor = openSync(temporary, 'w')
  try {
    try {
      writeAll(descriptor, encodeHeader(inOrder, metadata))
      for (const [, { data }] of inOrder)
        writeAll(descriptor, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
