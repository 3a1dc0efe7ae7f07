import { describe, expect, test } from 'vitest'
import {
  about,
  bytes,
  count,
  counted,
  day,
  decimal,
  duration,
  left,
  listed,
  monthOf,
  percent,
  percentRange,
} from './format.ts'

/** Local time, as the days are counted. */
const at = (year: number, month: number, date: number, hour = 12): string =>
  new Date(year, month, date, hour).toISOString()

/** A space that does not break, as it stands between a figure and its unit. */
const spaced = (text: string): string => text.replaceAll('_', '\u00a0')

test('figures have thousands apart and one photo is one photo', () => {
  expect(count(1288)).toBe('1,288')
  expect(counted(1, 'photo')).toBe('1 photo')
  expect(counted(1500, 'photo')).toBe('1,500 photos')
  expect(counted(2, 'class', 'classes')).toBe('2 classes')
})

test('shares are percent with a unit', () => {
  expect(percent(0.9333)).toBe(spaced('93.3_%'))
  expect(percent(1)).toBe(spaced('100_%'))
  expect(percent(0)).toBe(spaced('0_%'))
  expect(percent(0.71, 0)).toBe(spaced('71_%'))
  expect(percentRange([0.888, 0.96])).toBe(spaced('88.8 to 96.0_%'))
})

test('small numbers keep two significant digits', () => {
  expect(decimal(0.8512)).toBe('0.85')
  expect(decimal(0.00081)).toBe('0.00081')
  expect(decimal(12)).toBe('12.00')
  expect(decimal(Number.NaN)).toBe('not a number')
})

test.each([
  [999, '999_bytes'],
  [1000, '1_kB'],
  [22_600_000, '22.6_MB'],
  [340_000_000, '340_MB'],
  [999_999_999, '1_GB'],
])('%d bytes are %s', (size, said) => expect(bytes(size)).toBe(spaced(said)))

describe('times are said as people say them', () => {
  test.each([
    [1, 'a moment'],
    [5, 'about 5 seconds'],
    [38, 'about 40 seconds'],
    [57, 'about 1 minute'],
    [100, 'about 2 minutes'],
    [125, 'about 2 minutes'],
    [3500, 'about 1 hour'],
    [5400, 'about 1½ hours'],
    [7200, 'about 2 hours'],
    [100_000, 'about 28 hours'],
  ])('%d s: %s', (seconds, said) => expect(about(seconds)).toBe(said))

  test.each([
    [2, 'a moment'],
    [42, '40_s left'],
    [120, '2_min left'],
    [5400, '1.5_h left'],
  ])('%d s to go: %s', (seconds, said) => expect(left(seconds)).toBe(spaced(said)))

  test.each([
    [0.42, '0.4_s'],
    [9.97, '10_s'],
    [31.4, '31_s'],
    [125, '2_min 5_s'],
    [119.7, '2_min'],
    [4200, '1_h 10_min'],
  ])('%d s measured: %s', (seconds, said) => expect(duration(seconds)).toBe(spaced(said)))

  test('days', () => {
    const now = new Date(2026, 6, 20, 9)
    expect(day(at(2026, 6, 20, 1), now)).toBe('today')
    expect(day(at(2026, 6, 19, 23), now)).toBe('yesterday')
    expect(day(at(2026, 6, 16), now)).toBe('4 days ago')
    expect(day(at(2026, 6, 10), now)).toBe('last week')
    expect(day(at(2026, 5, 29), now)).toBe('3 weeks ago')
    expect(day(at(2026, 2, 12), now)).toBe('12 March 2026')
    expect(day('nonsense', now)).toBe('at an unknown time')
    expect(monthOf('2026-07', 'long')).toBe('July 2026')
    expect(monthOf('2026-07', 'short')).toBe('Jul')
    expect(monthOf('', 'short')).toBe('no date')
  })
})

test('lists', () => expect(listed(['Rose', 'Tulip', 'Daisy'])).toBe('Rose, Tulip and Daisy'))
