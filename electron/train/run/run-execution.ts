import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Execution } from '../../engine/index.ts'

/** On what a run computes, and from which weights it began: a run that is taken up again must have the same. */
export interface RunBasis {
  readonly execution: Execution
  /** Hash of the pretrained weights; null without. */
  readonly weightsHash: string | null
}

const basisText = z.object({
  execution: z.looseObject({ device: z.string(), threads: z.number(), block: z.number().nullable() }),
  weightsHash: z.string().nullable(),
})

const basisPath = (directory: string): string => join(directory, 'basis.json')

export function writeBasis(directory: string, basis: RunBasis): void {
  writeFileAtomic.sync(basisPath(directory), JSON.stringify(basis))
}

/** Null when the run was cut off before it had one. */
export function readBasis(directory: string): RunBasis | null {
  let text: string
  try {
    text = readFileSync(basisPath(directory), 'utf8')
  } catch {
    return null
  }
  return basisText.parse(JSON.parse(text)) as unknown as RunBasis
}
