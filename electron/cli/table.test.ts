import { expect, test } from 'vitest'
import { confusionTable, percent, table } from './table.ts'

test('columns are as wide as their widest cell, numbers stand to the right', () => {
  expect(
    table(
      ['name', 'photos'],
      [
        ['daisy', 3],
        ['forget-me-not', 120],
      ],
    ),
  ).toBe('name           photos\ndaisy               3\nforget-me-not     120')
})

test('a confusion table has the true classes in its rows', () => {
  const lines = confusionTable(
    ['rose', 'tulip'],
    [
      [4, 1],
      [0, 5],
    ],
  ).split('\n')
  expect(lines[1]).toMatch(/^rose\s+4\s+1$/)
  expect(lines[2]).toMatch(/^tulip\s+0\s+5$/)
})

test('shares are said in per cent', () => expect(percent(0.9333)).toBe('93.3 %'))
