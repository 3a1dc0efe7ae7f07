import { randomUUID } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { Dirent } from 'node:fs'
import type { FolderListing, FolderRequest, HostInfo, HostService } from '../../shared/contract.ts'
import { Emitter } from '../project/emitter.ts'
import { FleuronError } from '../../shared/errors.ts'

/** Lets the window show its own dialog, over the listing of `listFolders`; with an ending, for a file. */
export type AskWindow = (title: string, ending?: string) => Promise<string | null>

/** How the application is shown: what differs between the desktop, the browser and no window at all. */
export interface Host {
  kind: HostInfo['kind']
  /** Asks the user for a folder; null when they think better of it. */
  chooseFolder(title: string, askWindow: AskWindow): Promise<string | null>
  /** The same for a file with this ending. */
  chooseFile(title: string, ending: string, askWindow: AskWindow): Promise<string | null>
  /** Opens a folder in the file manager; false where there is none. */
  reveal(folder: string): Promise<boolean>
}

export interface HostServiceOptions {
  host: Host
  version: string
  home: string
  /** Folder of the open project or of a run's model. */
  locate(what: 'project' | 'model', run: string | undefined): Promise<string>
  isPhotoName(name: string): boolean
}

export function createHostService({ host, version, home, locate, isPhotoName }: HostServiceOptions): HostService {
  const folderRequests = new Emitter<FolderRequest>()
  const waiting = new Map<string, (path: string | null) => void>()

  const askWindow: AskWindow = (title, ending) =>
    new Promise<string | null>((answer) => {
      // One dialog at a time: a window that was reloaded has forgotten the one before.
      for (const forgotten of waiting.values()) forgotten(null)
      waiting.clear()
      const request = randomUUID()
      waiting.set(request, answer)
      folderRequests.emit({ request, title, ending: ending ?? null })
    })

  return {
    info: async () => ({ kind: host.kind, version, platform: process.platform, home }),
    chooseFolder: ({ title }) => host.chooseFolder(title, askWindow),
    chooseFile: ({ title, ending }) => host.chooseFile(title, ending, askWindow),
    listFolders: ({ path, ending }) => listFolder(path === '' ? homedir() : path, isPhotoName, ending),
    answerFolder: async ({ request, path }) => {
      const answer = waiting.get(request)
      if (!answer) throw new FleuronError('not-found', 'Nobody is waiting for this folder any more; choose it again.')
      waiting.delete(request)
      answer(path)
    },
    reveal: async ({ what, run }) => {
      const path = await locate(what, run)
      return { shown: await host.reveal(path), path }
    },
    onFolderRequest: folderRequests.event,
  }
}

/** Names of the folders in a folder, hidden ones passed over, how many photos lie in it, and its files of an ending. */
async function listFolder(
  path: string,
  isPhotoName: (name: string) => boolean,
  ending: string | undefined,
): Promise<FolderListing> {
  if (!isAbsolute(path)) {
    throw new FleuronError('invalid-input', `"${path}" is not a full path; give it from the top, such as ${homedir()}.`)
  }
  const folder = resolve(path)
  const entries = (await readFolder(folder)).filter(({ name }) => !name.startsWith('.'))
  const isFolder = await Promise.all(
    entries.map(
      async (entry) => entry.isDirectory() || (entry.isSymbolicLink() && leadsToFolder(join(folder, entry.name))),
    ),
  )
  const byName = new Intl.Collator(undefined, { numeric: true })
  const named = (which: (name: string, index: number) => boolean): FolderListing['folders'] =>
    entries
      .filter(({ name }, index) => which(name, index))
      .map(({ name }) => ({ name, path: join(folder, name) }))
      .sort((a, b) => byName.compare(a.name, b.name))
  return {
    path: folder,
    parent: dirname(folder) === folder ? null : dirname(folder),
    folders: named((_name, index) => isFolder[index] === true),
    files: named(
      (name, index) => ending !== undefined && !isFolder[index] && name.toLowerCase().endsWith(`.${ending}`),
    ),
    photos: entries.filter(({ name }, index) => !isFolder[index] && isPhotoName(name)).length,
  }
}

const leadsToFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (target) => target.isDirectory(),
    () => false,
  )

async function readFolder(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') throw new FleuronError('not-found', `There is no folder ${folder}; choose another.`)
    if (code === 'ENOTDIR') throw new FleuronError('invalid-input', `${folder} is a file; choose a folder.`)
    if (code === 'EACCES' || code === 'EPERM') {
      throw new FleuronError(
        'not-permitted',
        `You have no permission to read ${folder}; choose another, or change its permissions.`,
      )
    }
    throw new FleuronError('unreadable', `The folder ${folder} cannot be read; choose another.`, {
      details: String(error),
    })
  }
}
