import type { Split } from '../../shared/project.ts'
import { foldName } from '../project/classes.ts'
import { naturalKey } from '../project/natural-order.ts'

export interface ScannedPhoto {
  /** Relative to the folder, forward slashes. */
  path: string
  className: string | null
  /** Named by a train, validation or test folder. */
  split: Split | null
}

/** How the names of folders are understood. */
export interface FolderLayout {
  /** The folder whose folders are the classes (or the splits): '' or a path that ends with a slash. */
  base: string
  /** Splits that have folders of their own; none in a folder of classes. */
  splits: Split[]
}

export interface Interpretation {
  photos: ScannedPhoto[]
  classes: string[]
  layout: FolderLayout
  caseConflicts: string[][]
  warnings: string[]
}

const splitNames: Record<string, Split> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
}
const splitOf = (folder: string): Split | undefined => splitNames[folder.toLowerCase()]

interface Level {
  /** Photos by the folder they lie in, at any depth. */
  folders: Map<string, string[]>
  /** Photos that lie in no folder. */
  loose: string[]
}

function level(files: readonly string[], base: string): Level {
  const folders = new Map<string, string[]>()
  const loose: string[] = []
  for (const file of files) {
    const slash = file.startsWith(base) ? file.indexOf('/', base.length) : -1
    if (slash < 0) {
      loose.push(file)
      continue
    }
    const name = file.slice(base.length, slash)
    const members = folders.get(name)
    if (members) members.push(file)
    else folders.set(name, [file])
  }
  return { folders, loose }
}

/**
 * Reads classes and splits off the paths of photos. `class/sub/photo.jpg` belongs to `class`; `train/class/photo.jpg`
 * and its like to both, when at least two such folders hold the same classes; a lone folder around all of this is
 * stepped into.
 */
export function interpret(files: readonly string[], known?: FolderLayout): Interpretation {
  const layout = known ?? understand(files)
  const top = level(files, layout.base)
  const photos: ScannedPhoto[] = top.loose.map((path) => ({ path, className: null, split: null }))
  for (const [folder, members] of top.folders) {
    const split = layout.splits.length > 0 ? splitOf(folder) : undefined
    if (split === undefined) {
      for (const path of members) photos.push({ path, className: folder, split: null })
      continue
    }
    const inner = level(members, `${layout.base}${folder}/`)
    // Without validation photos of their own, those are taken from the training photos when training begins.
    const given = split === 'train' && !layout.splits.includes('validation') ? null : split
    for (const path of inner.loose) photos.push({ path, className: null, split: given })
    for (const [className, inside] of inner.folders) {
      for (const path of inside) photos.push({ path, className, split: given })
    }
  }
  const classes = [...new Set(photos.flatMap(({ className }) => className ?? []))].sort(byNaturalOrder)
  return { photos, classes, layout, caseConflicts: conflicts(classes), warnings: warn(layout, photos, classes) }
}

const byNaturalOrder = (a: string, b: string): number => {
  const [left, right] = [naturalKey(a), naturalKey(b)]
  return left < right ? -1 : left > right ? 1 : a < b ? -1 : 1
}

function understand(files: readonly string[]): FolderLayout {
  for (let base = ''; ;) {
    const { folders, loose } = level(files, base)
    // A folder with photos of its own is a class, not something around the classes.
    if (base !== '' && loose.length > 0) return { base: '', splits: [] }
    const splits = splitsOf(folders, base)
    if (splits) return { base, splits }
    if (folders.size > 1) return { base, splits: [] }
    const [only] = folders.keys()
    if (only === undefined || loose.length > 0) return { base: '', splits: [] }
    base += `${only}/`
  }
}

/** The splits that these folders are, or null when they are not splits of the same classes. */
function splitsOf(folders: Level['folders'], base: string): Split[] | null {
  const names = [...folders.keys()]
  const splits = names.flatMap((name) => splitOf(name) ?? [])
  if (splits.length !== names.length || new Set(splits).size !== splits.length) return null
  if (splits.length < 2 || !splits.includes('train')) return null
  const classesIn = (name: string): Set<string> =>
    new Set([...level(folders.get(name) ?? [], `${base}${name}/`).folders.keys()].map(foldName))
  const train = classesIn(names[splits.indexOf('train')] ?? '')
  if (train.size === 0) return null
  const same = names.every((name) => {
    const inside = classesIn(name)
    return inside.size === 0 || [...inside].some((className) => train.has(className))
  })
  return same ? splits : null
}

function conflicts(classes: readonly string[]): string[][] {
  return [...Map.groupBy(classes, foldName).values()].filter((group) => group.length > 1)
}

function warn(layout: FolderLayout, photos: readonly ScannedPhoto[], classes: readonly string[]): string[] {
  const warnings: string[] = []
  if (layout.base !== '') {
    warnings.push(`All photos lie in ${layout.base.slice(0, -1)}, so the folders in it were taken as classes.`)
  }
  if (layout.splits.length > 0) {
    const names = { train: 'training', validation: 'validation', test: 'test' }
    const given = layout.splits.map((split) => names[split]).join(' and ')
    warnings.push(`Photos keep the part that their folders give them: ${given}.`)
  }
  const loose = photos.filter(({ className }) => className === null).length
  if (loose > 0 && classes.length > 0) {
    warnings.push(
      `${loose.toLocaleString('en')} ${loose === 1 ? 'photo lies' : 'photos lie'} beside the class folders and ${loose === 1 ? 'comes' : 'come'} in without a label.`,
    )
  }
  return warnings
}
