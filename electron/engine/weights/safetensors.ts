import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { fromBfloat16, fromFloat16 } from './float-formats.ts'
import { HeaderFault, parseHeader, readHeaderLength } from './safetensors-header.ts'
import type { SafetensorsHeader, TensorInfo } from './safetensors-header.ts'
import { WeightsError } from './weights-error.ts'

/**
 * A safetensors file, open for reading one tensor at a time. The header is read and checked when it is opened, the
 * data only when asked for. Close it when done: `using file = SafetensorsFile.open(path)`.
 */
export class SafetensorsFile implements Disposable {
  readonly path: string
  readonly tensors: SafetensorsHeader['tensors']
  readonly metadata: SafetensorsHeader['metadata']
  #descriptor: number | undefined

  private constructor(path: string, descriptor: number, header: SafetensorsHeader) {
    this.path = path
    this.#descriptor = descriptor
    this.tensors = header.tensors
    this.metadata = header.metadata
  }

  /** @throws WeightsError when the file cannot be read or is no sound safetensors file */
  static open(path: string): SafetensorsFile {
    let descriptor: number
    try {
      descriptor = openSync(path, 'r')
    } catch (error) {
      throw new WeightsError(`${path} cannot be opened (${reason(error)}): check that it is there and may be read.`)
    }
    try {
      const size = fstatSync(descriptor).size
      const length = readHeaderLength(readBytes(descriptor, 0, Math.min(8, size)), size)
      return new SafetensorsFile(path, descriptor, parseHeader(readBytes(descriptor, 8, length), size))
    } catch (error) {
      closeSync(descriptor)
      const fault = error instanceof HeaderFault ? error.message : `it cannot be read (${reason(error)})`
      throw new WeightsError(
        `${path} is no usable safetensors file, ${fault}: download it again or choose another file.`,
      )
    }
  }

  /** Type and shape of a tensor. @throws WeightsError when there is none of that name */
  info(name: string): TensorInfo {
    const info = this.tensors.get(name)
    if (info === undefined) {
      throw new WeightsError(`${basename(this.path)} has no tensor ${name}: choose the weights file of this model.`)
    }
    return info
  }

  /** The bytes of a tensor as stored: little-endian, row-major. They start at offset 0 of a buffer of their own. */
  readBytes(name: string): Uint8Array<ArrayBuffer> {
    const { offset, bytes } = this.info(name)
    if (this.#descriptor === undefined) throw new Error(`${this.path} was closed before ${name} was read.`)
    try {
      return readBytes(this.#descriptor, offset, bytes)
    } catch (error) {
      throw new WeightsError(
        `${name} cannot be read from ${this.path} (${reason(error)}): the file changed or its disk failed; try again.`,
      )
    }
  }

  /** A floating-point tensor as float32. F32, F16 and BF16 are exact, F64 is rounded. Integers are refused. */
  readFloat32(name: string): Float32Array<ArrayBuffer> {
    const { dtype } = this.info(name)
    const { buffer } = this.readBytes(name)
    switch (dtype) {
      case 'F32':
        return new Float32Array(buffer)
      case 'F64':
        return Float32Array.from(new Float64Array(buffer))
      case 'F16':
        return Float32Array.from(new Uint16Array(buffer), fromFloat16)
      case 'BF16':
        return Float32Array.from(new Uint16Array(buffer), fromBfloat16)
      default:
        throw new WeightsError(
          `${name} in ${basename(this.path)} holds ${dtype} where real numbers are needed: choose weights in F32, F16 or BF16.`,
        )
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

function reason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return code ?? (error as Error).message
}

/** Reads exactly `length` bytes at `position`; one call may return fewer, and none at all past the end. */
function readBytes(descriptor: number, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length;) {
    const count = readSync(descriptor, bytes, done, Math.min(length - done, 0x40000000), position + done)
    if (count === 0) throw new Error(`it ends after ${position + done} bytes`)
    done += count
  }
  return bytes
}
