/** The parts of a report that are about one run. */
import type { Evaluation } from '../../shared/training.ts'
import type { RunOrigin } from '../../shared/run-origin.ts'
import type { RunRecord } from '../../shared/training.ts'
import { flattenSettings, settingText, settingTitle } from '../../shared/run-settings.ts'
import { wilsonInterval } from '../../shared/intervals.ts'
import type { Reliability } from '../evaluate/calibration.ts'
import { curves, reliabilityDiagram } from './drawings.ts'
import { html, type Html } from './html.ts'

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
export const percentRange = ([low, high]: readonly [number, number]): string =>
  `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`

export function curveSection(records: readonly RunRecord[]): Html {
  const draw = (metric: 'loss' | 'accuracy'): Html => {
    const lines = records.flatMap(({ number, history }, place) => {
      const colour = (place % 6) + 1
      const scale = metric === 'accuracy' ? 100 : 1
      const pick = (training: string, validation: string) => [
        {
          name: String(number),
          colour,
          dashed: false,
          values: history.map((epoch) => scale * Number(Reflect.get(epoch, validation))),
        },
        {
          name: String(number),
          colour,
          dashed: true,
          values: history.map((epoch) => scale * Number(Reflect.get(epoch, training))),
        },
      ]
      return metric === 'accuracy' ? pick('trainAccuracy', 'validationAccuracy') : pick('trainLoss', 'validationLoss')
    })
    const title = metric === 'accuracy' ? 'Accuracy by epoch, %' : 'Loss by epoch'
    return html`<figure style="margin: 0">
      <h3>${title}</h3>
      ${curves(lines, `${title} of run ${records.map(({ number }) => number).join(', ')}`)}
    </figure>`
  }
  return html`<div class="pair">${draw('accuracy')}${draw('loss')}</div>
    <p class="dim">
      Solid: validation; dashed: training, as the model saw the photos. At the ends stand the numbers of the runs.
    </p>`
}

/** Figures of one split in a sentence. */
export const evaluationSentence = ({ split, correct, photos, accuracy, interval, loss }: Evaluation): Html =>
  html`<p>
    ${correct} of ${photos} ${split} photos are called by their right name: ${percent(accuracy)} (95 % interval
    ${percentRange(interval)}). Loss ${loss.toFixed(3)}.
  </p>`

const withInterval = (right: number, of: number): string =>
  of === 0 ? '–' : `${percent(right / of)} (${percentRange(wilsonInterval(right, of))})`

export function confusionSection({ classes, confusion, perClass, split }: Evaluation): Html {
  const called = confusion.map((_, column) => confusion.reduce((sum, row) => sum + (row[column] ?? 0), 0))
  return html`<h3>What was called what (${split})</h3>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>true ↓ called →</th>
            ${classes.map(({ name }) => html`<th class="num">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${confusion.map(
            (row, index) =>
              html`<tr>
                <th>${classes[index]?.name ?? ''}</th>
                ${row.map(
                  (count, column) =>
                    html`<td class="num ${column === index ? 'right' : count > 0 ? 'wrong' : ''}">
                      ${count === 0 ? '·' : count}
                    </td>`,
                )}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <h3>By class</h3>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>Class</th>
            <th class="num">Precision (95 % interval)</th>
            <th class="num">Recall (95 % interval)</th>
            <th class="num">F1</th>
            <th class="num">Photos</th>
          </tr>
        </thead>
        <tbody>
          ${perClass.map((row, index) => {
            const right = confusion[index]?.[index] ?? 0
            return html`<tr>
              <td>${row.name}</td>
              <td class="num">${withInterval(right, called[index] ?? 0)}</td>
              <td class="num">${withInterval(right, row.support)}</td>
              <td class="num">${row.f1 === null ? '–' : percent(row.f1)}</td>
              <td class="num">${row.support}</td>
            </tr>`
          })}
        </tbody>
      </table>
    </div>`
}

export function calibrationSection({ bins, expectedError, largestError }: Reliability): Html {
  return html`<h3>Calibration: how often it is right when it is so sure, %</h3>
    <div style="max-width: 480px">
      ${reliabilityDiagram(bins, `Accuracy by confidence; expected calibration error ${percent(expectedError)}`)}
    </div>
    <p class="dim">
      On the dashed line, confidence is what it promises. Expected calibration error ${percent(expectedError)}, largest
      ${percent(largestError)}.
    </p>`
}

export interface ReportPhoto {
  /** A data: URL; null when the photo cannot be read. */
  picture: string | null
  text: string
}

export const photoList = (photos: readonly ReportPhoto[]): Html =>
  html`<ul class="photos">
    ${photos.map(
      ({ picture, text }) => html`<li>${picture === null ? null : html`<img src="${picture}" alt="" />`}${text}</li>`,
    )}
  </ul>`

export function settingsSection(record: RunRecord): Html {
  const settings = Object.entries(flattenSettings(record.settings))
  return html`<h3>Settings</h3>
    <table>
      <tbody>
        ${settings.map(
          ([key, value]) =>
            html`<tr>
              <th>${settingTitle(key)}</th>
              <td>${settingText(value)}</td>
            </tr>`,
        )}
      </tbody>
    </table>`
}

export function originSection(record: RunRecord): Html {
  const rows = record.origin === null ? [] : originRows(record.origin)
  const { train, validation, test } = record.photos
  return html`<h3>What reproduces it</h3>
    <table>
      <tbody>
        <tr>
          <th>Photos</th>
          <td>${train} training, ${validation} validation, ${test} test</td>
        </tr>
        <tr>
          <th>Seed</th>
          <td>${record.settings.seed}</td>
        </tr>
        ${rows.map(
          ([name, value]) =>
            html`<tr>
              <th>${name}</th>
              <td>${value}</td>
            </tr>`,
        )}
        <tr>
          <th>Started</th>
          <td>${record.startedAt}</td>
        </tr>
        ${
          record.seconds === null
            ? null
            : html`<tr>
                <th>Time</th>
                <td>${record.seconds.toFixed(1)} s</td>
              </tr>`
        }
      </tbody>
    </table>
    ${record.warnings.map((warning) => html`<p class="dim">${warning}</p>`)}`
}

const originRows = ({ fingerprint, version, node, onnxruntime, device, weights }: RunOrigin): [string, string][] => [
  ['Data version', fingerprint],
  ['Code version', `Fleuron ${version}, Node ${node}${onnxruntime === null ? '' : `, ONNX Runtime ${onnxruntime}`}`],
  ['Device', `${device.name}, ${device.threads} threads`],
  [
    'Weights',
    weights === null
      ? 'none: from scratch'
      : `${weights.file}${weights.hash === null ? '' : `, SHA-256 ${weights.hash}`}`,
  ],
]
