import type { Split } from '../../shared/project.ts'
import type { Project } from '../project/project.ts'

const inNumbers = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`

/** The first names, and how many more. */
const firstNames = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')

/** The photos of a class that training can take. */
interface ClassCounts {
  name: string
  photos: number
  bySplit: Map<Split | null, number>
}

function countClasses(project: Project): { classes: ClassCounts[]; empty: string[]; unreadable: number } {
  const counts = project.photos.labelledCounts()
  const byClass = Map.groupBy(
    counts.filter(({ readable }) => readable),
    ({ classId }) => classId,
  )
  const classes: ClassCounts[] = []
  const empty: string[] = []
  for (const { id, name } of project.classes.stored()) {
    const members = byClass.get(id)
    if (!members) {
      empty.push(name)
      continue
    }
    const bySplit = new Map(members.map(({ split, photos }) => [split, photos]))
    classes.push({ name, photos: members.reduce((sum, { photos }) => sum + photos, 0), bySplit })
  }
  const unreadable = counts.reduce((sum, { readable, photos }) => sum + (readable ? 0 : photos), 0)
  return { classes, empty, unreadable }
}

/** What has to be done before training can begin: each a sentence with its remedy; none when it can. */
export function trainingProblems(project: Project): string[] {
  if (!project.checkFolder()) return [`The folder ${project.folder} cannot be reached; connect its disk.`]
  const { classes } = countClasses(project)
  const [first] = classes
  if (!first) return ['No photo that can be read has a label; label some photos of at least two classes.']
  if (classes.length === 1) {
    return [`All labelled photos are of ${first.name}; label photos of at least one other class too.`]
  }
  const problems: string[] = []
  for (const { name, photos, bySplit } of classes) {
    if (photos < 2) {
      problems.push(`${name} has only 1 photo; label another one, exclude it, or merge the class with a similar one.`)
    } else if (!bySplit.has(null) && !bySplit.has('train')) {
      problems.push(
        `All ${photos} photos of ${name} were set aside for validation and test before they got this label; add other photos of it.`,
      )
    }
  }
  if (!classes.some(({ bySplit }) => bySplit.has(null) || bySplit.has('validation'))) {
    problems.push('No labelled photo is set aside for validation; label some photos that were not used for training.')
  }
  return problems
}

/** A class with fewer has three photos to be tested by, at most. */
const fewPhotos = 20

/** What is worth knowing before training: each a sentence. `weighted`: photos of rare classes count more already. */
export function trainingWarnings(project: Project, { weighted }: { weighted: boolean }): string[] {
  const warnings: string[] = []
  const { classes, empty, unreadable } = countClasses(project)
  const small = classes.filter(({ photos }) => photos < fewPhotos).map(({ name, photos }) => `${name} (${photos})`)
  if (small.length > 0) {
    warnings.push(
      `Fewer than ${fewPhotos} photos of ${firstNames(small)}: figures for so few say little; 30 or more work well.`,
    )
  }
  const counts = classes.map(({ photos }) => photos)
  if (!weighted && classes.length > 1 && Math.max(...counts) > 10 * Math.min(...counts)) {
    warnings.push(
      'The largest class has more than ten times the photos of the smallest, and will be favoured; class weights (under Loss) make the small ones heard.',
    )
  }
  if (unreadable > 0) {
    warnings.push(`${inNumbers(unreadable, 'labelled photo', 'labelled photos')} cannot be read and will be left out.`)
  }
  if (empty.length > 0) {
    const have = inNumbers(empty.length, 'class has', 'classes have')
    warnings.push(`${have} no photos and will be left out: ${firstNames(empty)}.`)
  }
  return warnings
}
