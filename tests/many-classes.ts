/** A project of very many classes with one run that nobody trained, written as training would; the photos are drawn. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { stream } from '../electron/engine/random/index.ts'
import { Project } from '../electron/project/project.ts'
import { newPhoto } from '../electron/project/testing.ts'
import { chooseWatched } from '../electron/train/loop/epoch-detail.ts'
import type { EpochDetail } from '../shared/epoch-detail.ts'
import { epochMetrics, plainSettings } from '../shared/testing.ts'

/** Validation photos of each class. */
const perClass = 10

/** Every ninth class is hard. */
const skillOf = (place: number): number => (place % 9 === 8 ? 0.4 : 0.92)

/** What is found of each class grows with the epochs. */
function detailOf(epoch: number, classes: number, watched: readonly { photo: string; label: number }[]): EpochDetail {
  const random = stream({ seed: 1, epoch, purpose: 'details' })
  const learned = 1 - Math.exp(-epoch / 12)
  const found = Array.from({ length: classes }, (_, place) =>
    Math.min(perClass, Math.floor(perClass * learned * skillOf(place) + random.uniform())),
  )
  return {
    epoch,
    photos: Array<number>(classes).fill(perClass),
    found,
    mistakenFor: found.map((count, place) => (count === perClass ? null : (place + 1) % classes)),
    watched: watched.map(({ photo, label }) => ({
      photo,
      label,
      called: random.uniform() < learned ? label : (label + 1) % classes,
      probability: 0.3 + 0.6 * learned * random.uniform(),
    })),
  }
}

async function draw(path: string, label: number, number: number): Promise<void> {
  const background = `rgb(${(label * 37) % 255},${(label * 91) % 255},${(label * 53) % 255})`
  const petals = `<circle cx="${40 + ((number * 17) % 90)}" cy="64" r="${14 + (label % 24)}" fill="#fffb" />`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="170" height="128"><rect width="170" height="128" fill="${background}" />${petals}</svg>`
  await sharp(Buffer.from(svg)).flatten().jpeg().toFile(path)
}

/** Answers the folder of the project. */
export async function makeManyClasses(home: string, classes: number, epochs: number): Promise<string> {
  const folder = join(home, 'photos')
  mkdirSync(folder, { recursive: true })
  const directory = join(home, 'many-classes')
  const project = Project.create({ directory, name: 'Many classes', folder })
  const known = Array.from({ length: classes }, (_, place) => {
    const name = place % 17 === 3 ? `Alpine pasqueflower of the high meadows ${place + 1}` : `Species ${place + 1}`
    return { id: project.labels.createClass(name).id, name }
  })
  const files = known.flatMap(({ id }, label) =>
    Array.from({ length: perClass }, (_, number) => ({ path: `${label}-${number}.jpg`, label, number, classId: id })),
  )
  for (const { path, label, number } of files) await draw(join(folder, path), label, number)
  const photos = project.photos
    .add(files.map(({ path, classId }) => newPhoto(path, { classId, split: 'validation' })))
    .map((id, place) => ({ id, label: Math.floor(place / perClass) }))
  const chosen = new Set(chooseWatched(photos, 1))
  const watched = photos.filter(({ id }) => chosen.has(id)).map(({ id, label }) => ({ photo: id, label }))
  const { id: run } = project.runs.create({
    settings: { ...plainSettings, epochs },
    classes: known,
    photos: { train: 70 * classes, validation: perClass * classes, test: 0 },
  })
  project.runs.setPhotos(
    run,
    photos.map(({ id, label }) => ({ id, classId: known[label]?.id ?? '' })),
  )
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const detail = detailOf(epoch, classes, watched)
    const accuracy = detail.found.reduce((sum, count) => sum + count, 0) / (perClass * classes)
    const metrics = epochMetrics({
      epoch,
      trainLoss: 4.6 * (1 - accuracy),
      trainAccuracy: accuracy,
      validationLoss: 4.8 * (1 - 0.95 * accuracy),
      validationAccuracy: accuracy,
    })
    project.runs.addEpoch(run, metrics, epoch, detail)
  }
  const random = stream({ seed: 1, purpose: 'predictions' })
  const predictions = photos.map(({ id, label }) => {
    const wrong = random.uniform() < 0.6 ? (label + 1) % classes : random.integer(classes)
    const called = random.uniform() < skillOf(label) ? label : wrong
    const sure = 0.4 + 0.59 * random.uniform()
    const probabilities = new Float32Array(classes).fill((1 - sure) / (classes - 1))
    probabilities[called] = sure
    return { photo: id, split: 'validation' as const, label: known[label]?.id ?? '', score: 1, probabilities }
  })
  project.runs.savePredictions(run, predictions)
  project.runs.update(run, { state: 'finished', seconds: 12 * epochs, hasModel: true })
  project.close()
  return directory
}
