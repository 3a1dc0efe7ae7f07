import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { Project } from '../project/project.ts'
import { epochMetrics, plainSettings } from '../../shared/testing.ts'
import { newPhoto, temporaryProject } from '../project/testing.ts'
import { curves } from './drawings.ts'
import { html, page } from './html.ts'
import { writeReport } from './run-report.ts'

const epoch = (number: number) =>
  epochMetrics({ epoch: number, trainLoss: 1 / number, validationLoss: 1 / number, gradientNorm: 1 })

/** A project of four photos in two classes, with the names that need escaping. */
async function withPhotos(): Promise<{ project: Project; ids: string[]; classes: { id: string; name: string }[] }> {
  const project = temporaryProject()
  const classes = ['Rose & <b>', 'Tulip'].map((name) => ({ id: project.labels.createClass(name).id, name }))
  const photos = []
  for (let index = 0; index < 4; index++) {
    const picture = sharp({
      create: { width: 40, height: 30, channels: 3, background: { r: 60 * index, g: 90, b: 30 } },
    })
    writeFileSync(join(project.folder, `${index}.jpg`), await picture.jpeg().toBuffer())
    photos.push(newPhoto(`${index}.jpg`, { classId: classes[index % 2]?.id ?? null, split: 'test' }))
  }
  project.photos.add(photos)
  return { project, ids: project.photos.ids({}, 'name'), classes }
}

/** A run that calls the photos by these classes. */
function ended(made: Awaited<ReturnType<typeof withPhotos>>, called: readonly number[], change = {}): string {
  const { project, ids, classes } = made
  const settings = { ...plainSettings, ...change }
  const { id } = project.runs.create({ settings, classes, photos: { train: 4, validation: 0, test: 4 } })
  for (const metrics of [1, 2, 3].map(epoch)) project.runs.addEpoch(id, metrics, null)
  project.runs.savePredictions(
    id,
    ids.map((photo, index) => ({
      photo,
      split: 'test' as const,
      label: classes[index % 2]?.id ?? '',
      probabilities: Float32Array.from([0, 1], (place) => (place === called[index] ? 0.75 : 0.25)),
      score: 0,
    })),
  )
  project.runs.update(id, {
    state: 'finished',
    bestEpoch: 3,
    hasModel: true,
    testAccuracy: 0.5,
    notes: 'A <script> in a note',
  })
  return id
}

describe('a report', () => {
  test('on one run has all there is to it, and nothing from outside', async () => {
    const made = await withPhotos()
    const run = ended(made, [0, 1, 1, 1])
    const report = await writeReport(made.project, [run])
    expect(report.name).toBe('Test run 1.html')
    expect(report.html).toContain('3 of 4 test photos are called by their right name: 75.0 %')
    expect(report.html).toContain('Surest mistakes (1 of 1)')
    expect(report.html.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(1)
    expect(report.html).toContain('Rose &amp; &lt;b&gt; called Tulip, 75.0 %')
    expect(report.html).toContain('Learning rate')
    expect(report.html).toContain('Expected calibration error')
    expect(report.html).not.toMatch(/<script|<link|https?:|src="(?!data:)|url\(/)
    expect(report.html).not.toContain('<b> called')
  })

  test('on two runs says what differs and which photos flipped', async () => {
    const made = await withPhotos()
    const [first, second] = [ended(made, [0, 1, 0, 1]), ended(made, [1, 1, 1, 1], { seed: 2 })]
    made.project.labels.set([made.ids[3] as string], made.classes[0]?.id ?? null)
    const { html: found } = await writeReport(made.project, [first, second])
    const text = found.replace(/>\s+</g, '><').replace(/\s+/g, ' ')
    expect(text).toContain('Run 1 gets 2 photos right that run 2 got wrong, and 0 the other way round')
    expect(text).toContain('Right only in run 1 (2 of 2)')
    expect(text).toMatch(/<th>Seed<\/th><td class="differs">1<\/td><td class="differs">2<\/td>/)
    expect(text).toContain('0 training, 0 validation and 1 test')
  })

  test('waits for the end of a run, and knows runs without a model', async () => {
    const made = await withPhotos()
    const { id } = made.project.runs.create({
      settings: plainSettings,
      classes: [],
      photos: { train: 1, validation: 1, test: 1 },
    })
    await expect(writeReport(made.project, [id])).rejects.toMatchObject({ code: 'not-ready' })
    made.project.runs.update(id, { state: 'cancelled' })
    expect((await writeReport(made.project, [id])).html).toContain('It has no model')
    await expect(writeReport(made.project, ['nobody'])).rejects.toMatchObject({ code: 'not-found' })
  })
})

test('what is put into a page is escaped once', () => {
  const inner = html`<i>${'a & b'}</i>`
  expect(html`${inner}${null}${['<', inner]}${3}`.text).toBe('<i>a &amp; b</i>&lt;<i>a &amp; b</i>3')
  expect(page('A & B', inner)).toContain('<title>A &amp; B</title>')
})

test('curves pass over what is no number', () => {
  const drawn = curves([{ name: '7', colour: 1, dashed: false, values: [1, Number.NaN, 3] }], 'Loss').text
  expect(drawn).not.toContain('NaN')
  expect(drawn).toContain('>7</text>')
  expect(curves([], 'Nothing').text).not.toMatch(/NaN|Infinity/)
})
