import { expect, test } from 'vitest'
import { mergeList } from './merge-list.ts'

const merge = (old: string, fresh: string, keep: string): string =>
  mergeList([...old], [...fresh], new Set(keep)).join('')

test('without anything to keep the new list is the list', () => {
  expect(merge('abc', 'acd', '')).toBe('acd')
})
test('photos that the user changed stay where they were', () => {
  expect(merge('abcdef', 'adf', 'bc')).toBe('abcdf')
  expect(merge('abc', 'c', 'ab')).toBe('abc')
  expect(merge('abc', 'a', 'bc')).toBe('abc')
})
test('deleted photos go although they stood beside kept ones', () => {
  expect(merge('abcd', 'd', 'b')).toBe('bd')
})
test('new photos come in without moving what is kept away from its neighbour', () => {
  expect(merge('abc', 'axcy', 'b')).toBe('abxcy')
})
test('a kept photo that is in the new list stands there once', () => {
  expect(merge('abc', 'cba', 'b')).toBe('cba')
})
