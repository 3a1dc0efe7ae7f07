import { findDuplicateKey } from './duplicate-key.ts'

/**
 * The header of a safetensors file: 8 bytes little-endian length, that many bytes of JSON, then the data without gaps
 * (https://github.com/huggingface/safetensors, section "Format"). Everything the format promises is checked here,
 * since the file comes from anywhere.
 */

/** Bytes per element of every type the format knows. */
export const dtypeBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const

export type Dtype = keyof typeof dtypeBytes

export interface TensorInfo {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Offset of the first byte from the start of the file, and the number of bytes. */
  readonly offset: number
  readonly bytes: number
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>
  readonly metadata: Readonly<Record<string, string>>
}

/** The header is larger than this only in a damaged or hostile file; the reference implementation has the same limit. */
export const largestHeader = 100_000_000

/** What is wrong with a header; `safetensors.ts` adds the file and the remedy. */
export class HeaderFault extends Error {
  override readonly name = 'HeaderFault'
}

/** How files of `torch.save` begin: a zip archive, or before PyTorch 1.6 a bare pickle. */
const isPyTorchFile = ([first, second, third = 0, fourth]: Uint8Array): boolean =>
  (first === 0x50 && second === 0x4b && third === 3 && fourth === 4) ||
  (first === 0x80 && second !== undefined && second >= 2 && second <= 5)

/** Length of the JSON header, from the first 8 bytes of a file of `fileSize` bytes. */
export function readHeaderLength(prefix: Uint8Array, fileSize: number): number {
  if (fileSize < 8) throw new HeaderFault(`it has ${fileSize} bytes, too few for a header`)
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(largestHeader) && isPyTorchFile(prefix)) {
    throw new HeaderFault('it is a PyTorch file (pickle), which may hold code and is therefore never opened')
  }
  if (length > BigInt(largestHeader)) throw new HeaderFault(`its header claims ${length} bytes`)
  if (length < 2n) throw new HeaderFault('its header is empty')
  if (Number(length) + 8 > fileSize) {
    throw new HeaderFault(`its header claims ${length} bytes, but the file has only ${fileSize}`)
  }
  return Number(length)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(bytes: Uint8Array): Record<string, unknown> {
  let parsed: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    parsed = JSON.parse(text)
  } catch {
    throw new HeaderFault('its header is not JSON')
  }
  if (!text.startsWith('{') || !isRecord(parsed)) throw new HeaderFault('its header is not a JSON object')
  const duplicate = findDuplicateKey(text)
  if (duplicate !== undefined) throw new HeaderFault(`its header names ${JSON.stringify(duplicate)} twice`)
  return parsed
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {}
  if (!isRecord(value)) throw new HeaderFault('its metadata are not an object')
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new HeaderFault(`its metadata entry ${JSON.stringify(key)} is not a text`)
  }
  return value as Record<string, string>
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function parseTensor(name: string, value: unknown, dataStart: number): TensorInfo {
  const fault = (what: string) => new HeaderFault(`its tensor ${JSON.stringify(name)} ${what}`)
  if (!isRecord(value)) throw fault('is not described by an object')
  const { dtype, shape, data_offsets: offsets, ...others } = value
  const unexpected = Object.keys(others)[0]
  if (unexpected !== undefined) throw fault(`has the unknown field ${JSON.stringify(unexpected)}`)
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBytes, dtype)) {
    throw fault(`has the unknown type ${JSON.stringify(dtype)}`)
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fault('has a shape that is not a list of whole numbers')
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fault('has data offsets that are not two whole numbers')
  }
  const [begin, end] = offsets as [number, number]
  if (end < begin) throw fault('ends before it begins')
  // A product beyond the safe integers stays beyond them unless a later dimension is zero: look at each factor.
  let bytes: number = dtypeBytes[dtype as Dtype]
  for (const dimension of shape) {
    bytes *= dimension
    if (!Number.isSafeInteger(bytes)) throw fault('is larger than any file')
  }
  if (bytes !== end - begin) throw fault(`should have ${bytes} bytes by its shape, but has ${end - begin}`)
  return { dtype: dtype as Dtype, shape, offset: dataStart + begin, bytes }
}

/** Checks that the data of the tensors fill the file from the header to the end, without gap or overlap. */
function checkCoverage(tensors: ReadonlyMap<string, TensorInfo>, dataStart: number, fileSize: number): void {
  let position = dataStart
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes)
  for (const [name, { offset, bytes }] of inOrder) {
    if (offset < position) throw new HeaderFault(`its tensor ${JSON.stringify(name)} overlaps another`)
    if (offset > position) throw new HeaderFault(`there is a gap before its tensor ${JSON.stringify(name)}`)
    position += bytes
  }
  if (position > fileSize) {
    throw new HeaderFault(`it is cut short: ${fileSize} of ${position} bytes are there`)
  }
  if (position < fileSize) throw new HeaderFault(`${fileSize - position} bytes follow its last tensor`)
}

/**
 * Parses and validates a header.
 * @param json the bytes of the JSON header
 * @param fileSize size of the whole file in bytes
 * @throws HeaderFault
 */
export function parseHeader(json: Uint8Array, fileSize: number): SafetensorsHeader {
  const dataStart = 8 + json.length
  const { __metadata__: metadata, ...entries } = parseJson(json)
  const tensors = new Map(Object.entries(entries).map(([name, value]) => [name, parseTensor(name, value, dataStart)]))
  checkCoverage(tensors, dataStart, fileSize)
  return { tensors, metadata: parseMetadata(metadata) }
}
