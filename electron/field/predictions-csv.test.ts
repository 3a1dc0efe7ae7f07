import { expect, test } from 'vitest'
import { predictionsCsv } from './predictions-csv.ts'

const photo: Parameters<typeof predictionsCsv>[0][number] = {
  path: 'meadow/a.jpg',
  decision: 'known',
  class: 'daisy',
  probability: 0.98,
  known: -12.5,
  top: [
    { class: 'daisy', probability: 0.98 },
    { class: 'rose', probability: 0.012 },
    { class: 'iris', probability: 0.005 },
    { class: 'tulip', probability: 0.003 },
  ],
}

test('a line for each photo, with the three most probable classes', () => {
  expect(predictionsCsv([photo]).split('\r\n')).toEqual([
    'path,decision,class,probability,score,top3',
    'meadow/a.jpg,known,daisy,0.980000,-12.5000,daisy 0.980; rose 0.012; iris 0.005',
    '',
  ])
})

test('commas, quotes and line ends are quoted', () => {
  const [, line] = predictionsCsv([{ ...photo, path: 'a "b", c\nd.jpg' }]).split('\r\n')
  expect(line).toMatch(/^"a ""b"", c\nd\.jpg",known/)
})

test.each(['=1+1.jpg', '+a.jpg', '-a.jpg', '@a.jpg', '\ta.jpg', '＝a.jpg'])(
  '%j is no formula for a spreadsheet',
  (path) => {
    expect(predictionsCsv([{ ...photo, path, class: path, top: [{ class: path, probability: 1 }] }])).toContain(
      `'${path},known,'${path},0.980000,-12.5000,'${path} 1.000`,
    )
  },
)
