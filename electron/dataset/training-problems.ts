import type { StoredPhoto } from '../project/photos.ts'
import type { Project } from '../project/project.ts'

const inNumbers = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

interface ClassPhotos {
  name: string
  photos: StoredPhoto[]
}

/** The photos training can take, by class; classes without any are left out. */
function byClass(project: Project): ClassPhotos[] {
  const photos = project.photos
    .allStored()
    .filter(({ classId, excluded, unreadable }) => classId !== null && !excluded && unreadable === null)
  const groups = Map.groupBy(photos, ({ classId }) => classId)
  return project.classes.stored().flatMap(({ id, name }) => {
    const members = groups.get(id)
    return members ? [{ name, photos: members }] : []
  })
}

/** What has to be done before training can begin: each a sentence with its remedy; none when it can. */
export function trainingProblems(project: Project): string[] {
  if (!project.checkFolder()) return [`The folder ${project.folder} cannot be reached; connect its disk.`]
  const classes = byClass(project)
  const [first] = classes
  if (!first) return ['No photo that can be read has a label; label some photos of at least two classes.']
  if (classes.length === 1) {
    return [`All labelled photos are of ${first.name}; label photos of at least one other class too.`]
  }
  const problems: string[] = []
  for (const { name, photos } of classes) {
    const waiting = photos.some(({ split }) => split === null)
    if (photos.length < 2) {
      problems.push(`${name} has only 1 photo; label another one, or merge the class with a similar one.`)
    } else if (!waiting && !photos.some(({ split }) => split === 'train')) {
      problems.push(
        `All ${photos.length} photos of ${name} were set aside for validation and test before they got this label; add other photos of it.`,
      )
    }
  }
  const everything = classes.flatMap(({ photos }) => photos)
  if (!everything.some(({ split }) => split === null || split === 'validation')) {
    problems.push('No labelled photo is set aside for validation; label some photos that were not used for training.')
  }
  return problems
}

/** What is worth knowing before training: each a sentence. */
export function trainingWarnings(project: Project): string[] {
  const warnings: string[] = []
  const classes = byClass(project)
  const small = classes.filter(({ photos }) => photos.length < 10)
  if (small.length > 0) {
    const names = small.map(({ name, photos }) => `${name} (${photos.length})`)
    const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
    warnings.push(`Fewer than 10 photos of ${shown}: figures for so few say little; 30 or more work well.`)
  }
  const counts = classes.map(({ photos }) => photos.length)
  if (classes.length > 1 && Math.max(...counts) > 10 * Math.min(...counts)) {
    warnings.push('The largest class has more than ten times the photos of the smallest; accuracy will favour it.')
  }
  const labelled = project.photos.allStored().filter(({ classId, excluded }) => classId !== null && !excluded)
  const unreadable = labelled.filter((photo) => photo.unreadable !== null).length
  if (unreadable > 0) {
    warnings.push(`${inNumbers(unreadable, 'labelled photo', 'labelled photos')} cannot be read and will be left out.`)
  }
  const used = new Set(classes.map(({ name }) => name))
  const empty = project.classes.stored().filter(({ name }) => !used.has(name))
  if (empty.length > 0) {
    warnings.push(
      `${inNumbers(empty.length, 'class has', 'classes have')} no photos and will be left out: ${empty.map(({ name }) => name).join(', ')}.`,
    )
  }
  return warnings
}
