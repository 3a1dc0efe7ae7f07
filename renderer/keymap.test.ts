import { afterEach, describe, expect, test, vi } from 'vitest'
import { reservedKeys } from '../shared/keys.ts'
import {
  capOf,
  commandOf,
  commands,
  isReserved,
  keyCap,
  ownKeys,
  patternOf,
  refusalOf,
  type KeyPress,
} from './keymap.ts'

const press = (key: string, code = '', held: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
})

describe('the pattern of a key', () => {
  test.each<[string, KeyPress, boolean, string | null]>([
    ['a letter', press('n', 'KeyN'), false, 'n'],
    ['a letter with caps lock', press('N', 'KeyN'), false, 'n'],
    ['a letter with Shift', press('N', 'KeyN', { shiftKey: true }), false, 'Shift+n'],
    ['a digit', press('3', 'Digit3'), false, '3'],
    ['a digit of the number pad', press('3', 'Numpad3'), false, '3'],
    ['the digit row of a French keyboard', press('&', 'Digit1'), false, '1'],
    ['a digit that is typed with Shift there', press('1', 'Digit1', { shiftKey: true }), false, '1'],
    ['/ on the digit row of a German keyboard', press('/', 'Digit7', { shiftKey: true }), false, '/'],
    ['? typed with Shift', press('?', 'Slash', { shiftKey: true }), false, '?'],
    ['Space', press(' ', 'Space'), false, ' '],
    ['an arrow with Shift', press('ArrowLeft', 'ArrowLeft', { shiftKey: true }), false, 'Shift+ArrowLeft'],
    ['Ctrl Z', press('z', 'KeyZ', { ctrlKey: true }), false, 'Mod+z'],
    ['Ctrl Shift Z', press('Z', 'KeyZ', { ctrlKey: true, shiftKey: true }), false, 'Mod+Shift+z'],
    ['Cmd Z on a Mac', press('z', 'KeyZ', { metaKey: true }), true, 'Mod+z'],
    ['Ctrl Z on a Mac, which is nobody’s', press('z', 'KeyZ', { ctrlKey: true }), true, null],
    ['the Windows key with a letter', press('x', 'KeyX', { metaKey: true }), false, null],
    ['Alt with a letter', press('x', 'KeyX', { altKey: true }), false, null],
    ['Shift alone', press('Shift', 'ShiftLeft', { shiftKey: true }), false, null],
  ])('%s', (_, pressed, mac, pattern) => expect(patternOf(pressed, mac)).toBe(pattern))
})

test('no key does two things', () => {
  const keys = Object.values(commands).flatMap((command) => [...command.keys])
  expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([])
})

test('the letters and digits of commands cannot be given to a class', () => {
  const single = Object.values(commands)
    .flatMap((command): readonly string[] => command.keys)
    .filter((key) => /^[a-z0-9]$/.test(key))
  expect(single.filter((key) => !reservedKeys.includes(key))).toEqual([])
})

test('keys as they stand on their caps', () => {
  expect(keyCap('Mod+z', false)).toBe('Ctrl Z')
  expect(keyCap('Mod+Shift+z', true)).toBe('⌘ Shift Z')
  expect(keyCap(' ', false)).toBe('Space')
  expect(keyCap('ArrowLeft', false)).toBe('←')
})

describe('a key of one’s own', () => {
  vi.stubGlobal('navigator', { platform: 'Linux' })
  afterEach(() => (ownKeys.value = {}))
  const roseHasR = (key: string) => (key === 'r' ? 'rose' : undefined)

  test('takes the place of the usual ones, in the hints and for classes too', () => {
    ownKeys.value = { exclude: 'q' }
    expect([commandOf('q'), commandOf('x'), capOf('exclude')]).toEqual(['exclude', undefined, 'Q'])
    expect([isReserved('q'), isReserved('w')]).toEqual([true, false])
  })

  test.each([
    ['x', 'X means “exclude from training, or no longer” already; press another key, or give that one another first.'],
    ['r', 'R is the key of rose; press another key, or give the class another first.'],
    ['3', '3 sets a class; press another key.'],
    ['Tab', 'Tab moves the focus from part to part; press another key.'],
    ['Mod+Shift+f', null],
    ['f', null],
  ])('%s for flagging', (pattern, sentence) => expect(refusalOf('flag', pattern, roseHasR)).toBe(sentence))

  test('a setting that names no action of today does nothing', () => {
    ownKeys.value = { teleport: 'q' }
    expect(commandOf('q')).toBeUndefined()
  })
})
