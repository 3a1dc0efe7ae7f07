import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import type { Pixels } from './pixels.ts'

/** A folder for the length of a test; `remove` it at the end. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'fleuron-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

const wave = (value: number): number => 127.5 + 127.5 * Math.sin(value)

/** A picture with detail at every scale, different for every number: shaded, with stripes and discs. */
export function drawPixels(width: number, height: number, number: number): Pixels {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const radius = Math.hypot(x - width * 0.4, y - height * 0.6)
      data[at++] = wave(radius / 7 + number)
      data[at++] = wave((x + number * 3) / 11) * 0.5 + (y / height) * 127
      data[at++] = wave(y / (5 + number) + x / 90)
    }
  }
  return { data, width, height }
}

/** The same as a sharp image. */
export const toSharp = ({ data, width, height }: Pixels): Sharp => sharp(data, { raw: { width, height, channels: 3 } })
