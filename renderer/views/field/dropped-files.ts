/** Photos that were dropped or pasted: their files, or why they cannot be taken this way. */
import { bytes } from '../../format.ts'

/** Files taken at once, as the contract allows, and their bytes, which all have to pass through memory. */
const most = 1000
const mostBytes = 500_000_000

export type Dropped = { files: File[] } | { refused: string }

/** Of a drop or a paste. A folder cannot be read from here by its path, so it is chosen instead. */
export function filesOf(transfer: DataTransfer): Dropped {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry())
  if (entries.some((entry) => entry?.isDirectory === true))
    return { refused: 'A folder cannot be dropped here; press “Choose a folder” instead.' }
  return checked([...transfer.files])
}

export function checked(files: File[]): Dropped {
  const size = files.reduce((sum, file) => sum + file.size, 0)
  if (files.length > most)
    return { refused: `These are more than ${most} photos; put them into a folder and choose that.` }
  if (size > mostBytes)
    return { refused: `These photos are more than ${bytes(mostBytes)}; put them into a folder and choose that.` }
  return { files }
}
