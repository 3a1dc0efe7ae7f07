import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { FleuronError } from '../../shared/errors.ts'

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/**
 * Whether a table or a page can be written there, asked before the work that it is to hold.
 * @throws FleuronError 'not-found' without its folder, 'conflict' when it is a folder, 'not-permitted'
 */
export async function checkTextFile(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    await access(folder, constants.W_OK)
  } catch (error) {
    throw codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR'
      ? new FleuronError('not-found', `There is no folder ${folder}; make it first, or name another file.`)
      : cannotWrite(path, error)
  }
  if ((await stat(path).catch(() => null))?.isDirectory()) {
    throw new FleuronError('conflict', `${path} is a folder; name a file in it, for example ${path}/table.csv.`)
  }
}

/** Writes a text, whole or not at all. @throws FleuronError as `checkTextFile` */
export async function writeTextFile(path: string, text: string): Promise<void> {
  await checkTextFile(path)
  await writeFileAtomic(path, text).catch((error: unknown) => {
    throw cannotWrite(path, error)
  })
}

function cannotWrite(path: string, error: unknown): FleuronError {
  const remedy =
    codeOf(error) === 'ENOSPC' ? 'the disk is full: make room and try again' : 'name a file where you may write'
  return new FleuronError('not-permitted', `The file cannot be written to ${path}; ${remedy}.`, { cause: error })
}
