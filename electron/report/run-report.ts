/** A report on a run, or on several side by side: one page that needs nothing beside it. */
import pMap from 'p-map'
import { FleuronError } from '../../shared/errors.ts'
import type { Split } from '../../shared/project.ts'
import { differs, flattenSettings, settingsSideBySide, settingText, settingTitle } from '../../shared/run-settings.ts'
import type { FlippedPhoto, RunComparison } from '../../shared/run.ts'
import type { RunRecord } from '../../shared/training.ts'
import { squarePicture } from '../dataset/thumbnails.ts'
import { reliability } from '../evaluate/calibration.ts'
import { matrix } from '../evaluate/matrix.ts'
import { compareRuns } from '../evaluate/run-comparison.ts'
import { evaluateRun, reviewPhotos } from '../evaluate/run-review.ts'
import type { Project } from '../project/project.ts'
import { correctedPhotos } from '../project/run-table.ts'
import { safeName } from '../project/safe-name.ts'
import { html, page, type Html } from './html.ts'
import {
  calibrationSection,
  confusionSection,
  curveSection,
  evaluationSentence,
  originSection,
  percent,
  photoList,
  settingsSection,
  type ReportPhoto,
} from './run-sections.ts'

export interface Report {
  /** Of the file, e.g. "Meadow run 12 and 10.html". */
  name: string
  html: string
}

/** Pixels of a photo's side: small enough for hundreds of runs' reports to be mailed. */
const side = 128
const mistakesShown = 12
const flippedShown = 12

/** @throws FleuronError 'not-found' for a run that is not there, 'not-ready' for one that has not ended */
export async function writeReport(project: Project, runs: readonly string[]): Promise<Report> {
  const records = runs.map((run) => project.runs.get(run))
  const going = records.find(({ state }) => state === 'running')
  if (going) throw new FleuronError('not-ready', `Run ${going.number} is still training; wait until it has ended.`)
  const numbers = new Intl.ListFormat('en-GB').format(records.map(({ number }) => String(number)))
  const title = `${project.name}: ${records.length === 1 ? 'run' : 'runs'} ${numbers}`
  const several = records.length > 1 ? await comparisonPart(project, records) : null
  const parts: Html[] = []
  for (const record of records) parts.push(await runPart(project, record, records.length === 1))
  const body = html`<h1>${title}</h1>
    <p class="dim">Written by Fleuron on ${new Date().toISOString().slice(0, 10)}.</p>
    ${several}${parts}`
  return { name: `${safeName(title.replace(':', ''), 'report')}.html`, html: page(title, body) }
}

/** Test photos where there are any; else validation is all there is. */
const splitOf = ({ photos }: RunRecord): Split => (photos.test > 0 ? 'test' : 'validation')

async function runPart(project: Project, record: RunRecord, alone: boolean): Promise<Html> {
  const head = html`<h2>Run ${record.number}: ${record.model}, ${record.mode}</h2>
    ${record.notes === '' ? null : html`<p>${record.notes}</p>`}
    ${record.tags.length === 0 ? null : html`<p class="dim">Tags: ${record.tags.join(', ')}</p>`}
    ${record.error === null ? null : html`<p>${record.error.message}</p>`} ${correctedText(project, record)}`
  const foot = html`${alone ? curveSection([record]) : null}${settingsSection(record)}${originSection(record)}`
  if (!record.hasModel)
    return html`${head}
      <p>It has no model, so there is nothing to evaluate.</p>
      ${foot}`

  const split = splitOf(record)
  const predictions = project.runs.predictions(record.id, split)
  const evaluation = evaluateRun(record, split, predictions)
  const validation = evaluateRun(record, 'validation', project.runs.predictions(record.id, 'validation'))
  const labels = predictions.map(({ label }) => record.classes.findIndex(({ id }) => id === label))
  const probabilities = matrix(
    Float32Array.from(predictions.flatMap((prediction) => [...prediction.probabilities])),
    record.classes.length,
  )
  const mistakes = reviewPhotos(record, predictions, project.photos.get(predictions.map(({ photo }) => photo)))
  const name = nameOf(record.classes)
  const shown = await withPictures(
    project,
    mistakes.slice(0, mistakesShown),
    (photo) => `${name(photo.trueClass)} called ${name(photo.predictedClass)}, ${percent(photo.confidence)}`,
  )
  return html`${head}
    <p>Best epoch ${record.bestEpoch ?? '–'} of ${record.history.length}.</p>
    ${split === 'test' ? evaluationSentence(validation) : null}${evaluationSentence(evaluation)}
    ${confusionSection(evaluation)}${calibrationSection(reliability(probabilities, labels))}
    <h3>${mistakes.length === 0 ? 'No mistakes' : `Surest mistakes (${shown.length} of ${mistakes.length})`}</h3>
    ${photoList(shown)}${foot}`
}

function correctedText(project: Project, { id }: RunRecord): Html | null {
  const { train, validation, test } = correctedPhotos(project.database, id)
  if (train + validation + test === 0) return null
  return html`<p>
    <b>Labels were corrected since this run</b>: ${train} training, ${validation} validation and ${test} test photos
    have another one by now. Its figures are by the labels of its time.
  </p>`
}

const nameOf =
  (classes: readonly { id: string; name: string }[]) =>
  (id: string): string =>
    classes.find((each) => each.id === id)?.name ?? '?'

const withPictures = <P extends { id: string }>(
  project: Project,
  photos: readonly P[],
  text: (photo: P) => string,
): Promise<ReportPhoto[]> =>
  pMap(photos, async (photo) => ({ picture: await squarePicture(project, photo.id, side), text: text(photo) }), {
    concurrency: 4,
  })

async function comparisonPart(project: Project, records: readonly RunRecord[]): Promise<Html> {
  const rows = settingsSideBySide(records.map(({ settings }) => flattenSettings(settings))).filter(differs)
  const head = (label: string) =>
    html`<thead>
      <tr>
        ${label === '' ? html`<td></td>` : html`<th>${label}</th>`}
        ${records.map(({ number }) => html`<th>Run ${number}</th>`)}
      </tr>
    </thead>`
  const figures: [string, (record: RunRecord) => string][] = [
    ['Model', ({ model, mode }) => `${model}, ${mode}`],
    ['Validation accuracy', ({ validationAccuracy: share }) => (share === null ? '–' : percent(share))],
    ['Validation loss', ({ validationLoss: loss }) => (loss === null ? '–' : loss.toFixed(3))],
    ['Test accuracy', ({ testAccuracy: share }) => (share === null ? '–' : percent(share))],
    ['Best epoch', ({ bestEpoch, history }) => `${bestEpoch ?? '–'} of ${history.length}`],
    ['Time', ({ seconds }) => (seconds === null ? '–' : `${seconds.toFixed(1)} s`)],
    ['Data version', ({ origin }) => origin?.fingerprint.slice(0, 12) ?? '–'],
  ]
  const [first, ...others] = records.filter(({ hasModel }) => hasModel)
  const flips: Html[] = []
  if (first) for (const other of others) flips.push(await flipPart(project, first, other))
  return html`<h2>Side by side</h2>
    <div class="wide">
      <table>
        ${head('')}
        <tbody>
          ${figures.map(
            ([label, value]) =>
              html`<tr>
                <th>${label}</th>
                ${records.map((record) => html`<td>${value(record)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <h3>${rows.length === 0 ? 'Their settings are the same' : 'Settings that differ'}</h3>
    ${
      rows.length === 0
        ? null
        : html`<div class="wide">
            <table>
              ${head('Setting')}
              <tbody>
                ${rows.map(
                  ({ key, values }) =>
                    html`<tr>
                      <th>${settingTitle(key)}</th>
                      ${values.map((value) => html`<td class="differs">${settingText(value)}</td>`)}
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
    ${curveSection(records)}${flips}`
}

async function flipPart(project: Project, first: RunRecord, second: RunRecord): Promise<Html> {
  const split: Split = first.photos.test > 0 && second.photos.test > 0 ? 'test' : 'validation'
  const [one, two] = [first, second].map((record) => ({
    ...record,
    predictions: project.runs.predictions(record.id, split),
  })) as [
    RunRecord & { predictions: ReturnType<Project['runs']['predictions']> },
    RunRecord & { predictions: ReturnType<Project['runs']['predictions']> },
  ]
  const photos = project.photos.get(one.predictions.map(({ photo }) => photo))
  const found: RunComparison = compareRuns(one, two, split, photos)
  const name = nameOf(found.classes)
  const text = ({ trueClass, first: a, second: b }: FlippedPhoto): string =>
    `${name(trueClass)}: run ${first.number} says ${name(a.classId)} ${percent(a.confidence)}, run ${second.number} ${name(b.classId)} ${percent(b.confidence)}`
  const group = async (title: string, flipped: readonly FlippedPhoto[]): Promise<Html | null> =>
    flipped.length === 0
      ? null
      : html`<p>${title} (${Math.min(flippedShown, flipped.length)} of ${flipped.length})</p>
          ${photoList(await withPictures(project, flipped.slice(0, flippedShown), text))}`
  return html`<h3>Photos that flipped between run ${first.number} and run ${second.number} (${split})</h3>
    <p>${found.sentence}</p>
    <p class="dim">McNemar’s exact test; 95 % interval by the paired bootstrap; by today’s labels.</p>
    ${await group(`Right only in run ${first.number}`, found.onlyFirstRight)}
    ${await group(`Right only in run ${second.number}`, found.onlySecondRight)}`
}
