import { foldName } from '../project/classes.ts'
import type { StoredPhoto } from '../project/photos.ts'
import type { Project } from '../project/project.ts'
import { interpret, type ScannedPhoto } from './folder-layout.ts'
import type { FolderScan } from './scan.ts'

/**
 * The class that a new photo gets by its folder. In a folder that has photos already it is what most of those have now,
 * so classes that were renamed, merged or removed since stay so; another folder is the class of its name, which is made
 * when it is not there.
 */
export function classChooser(
  project: Project,
  scan: FolderScan,
  stored: readonly StoredPhoto[],
): (photo: ScannedPhoto) => string | null {
  const usual = usualClasses(scan, stored)
  const byFolder = new Map<string, string | null>()
  return ({ className }) => {
    if (className === null) return null
    let classId = byFolder.get(className) ?? usual.get(className)
    if (classId === undefined) classId = classNamed(project, className)
    byFolder.set(className, classId)
    return classId
  }
}

/** What most photos of each class folder have. */
function usualClasses(scan: FolderScan, stored: readonly StoredPhoto[]): Map<string, string | null> {
  const classOf = new Map(stored.map(({ path, classId }) => [path, classId]))
  const counts = new Map<string, Map<string | null, number>>()
  for (const { path, className } of interpret([...classOf.keys()], scan.layout).photos) {
    if (className === null) continue
    let folder = counts.get(className)
    if (!folder) counts.set(className, (folder = new Map()))
    const classId = classOf.get(path) ?? null
    folder.set(classId, (folder.get(classId) ?? 0) + 1)
  }
  return new Map(
    [...counts].map(([className, folder]) => [
      className,
      [...folder].reduce((most, next) => (next[1] > most[1] ? next : most))[0],
    ]),
  )
}

function classNamed(project: Project, name: string): string {
  const classes = project.classes.stored()
  const there =
    classes.find((candidate) => candidate.name === name) ??
    classes.find((candidate) => foldName(candidate.name) === foldName(name))
  return (there ?? project.classes.import([name])[0])?.id ?? ''
}
