import { expect, test } from 'vitest'
import { printable } from './output.ts'

test('names of files cannot steer the terminal', () => {
  expect(printable('a\u001b[2Jb\u202Egnp.jpg\tc\nd é 🌼')).toBe('a\uFFFD[2Jb\uFFFDgnp.jpg\uFFFDc\nd é 🌼')
})
