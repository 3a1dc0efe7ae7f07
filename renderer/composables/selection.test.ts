import { describe, expect, test } from 'vitest'
import { everything, noSelection, ranged, spent, stepped, toggled, within } from './selection.ts'

const ids = ['a', 'b', 'c', 'd', 'e', 'f']
const indexOf = (id: string): number | undefined => (ids.includes(id) ? ids.indexOf(id) : undefined)
const chosen = (selection: typeof noSelection): string => [...selection.selected].toSorted().join('')

describe('selection', () => {
  test('a photo is taken in and let go, and is where the next range begins', () => {
    const one = toggled(noSelection, 'c')
    expect(chosen(one)).toBe('c')
    expect(chosen(ranged(one, ids, indexOf, { from: 'a', to: 'e' }))).toBe('cde')
    expect(chosen(toggled(one, 'c'))).toBe('')
  })

  test('a range goes either way and shrinks again when it is pulled back', () => {
    const wide = ranged(noSelection, ids, indexOf, { from: 'c', to: 'f' })
    expect(chosen(wide)).toBe('cdef')
    const back = ranged(wide, ids, indexOf, { from: 'f', to: 'a' })
    expect(chosen(back)).toBe('abc')
  })

  test('a range with the modifier keeps what was selected', () => {
    const first = toggled(noSelection, 'a')
    const second = toggled(first, 'd')
    expect(chosen(ranged(second, ids, indexOf, { from: 'a', to: 'e', add: true }))).toBe('ade')
  })

  test('a range whose beginning has left the list begins at the photo in hand', () => {
    const gone = { ...noSelection, anchor: 'x' }
    expect(chosen(ranged(gone, ids, indexOf, { from: 'b', to: 'c' }))).toBe('bc')
  })

  test('a step keeps a selection that is being made, and lets go one that was used', () => {
    const made = toggled(noSelection, 'b')
    expect(chosen(stepped(made))).toBe('b')
    expect(chosen(stepped(spent(made)))).toBe('')
    expect(chosen(stepped(toggled(spent(made), 'c')))).toBe('bc')
  })

  test('photos that leave the list leave the selection', () => {
    const all = everything(ids)
    expect(chosen(all)).toBe('abcdef')
    expect(chosen(within(all, (id) => id !== 'd'))).toBe('abcef')
    expect(within(all, () => true)).toBe(all)
  })
})
