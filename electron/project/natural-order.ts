/** A name as it is searched: case and Unicode form do not matter. */
export const searchable = (text: string): string => text.normalize('NFC').toLowerCase()

/**
 * A key whose plain order is the natural order of names: IMG_2 before IMG_10. Every number is preceded by its count of
 * digits, as a letter that sorts among the digits.
 */
export const naturalKey = (name: string): string =>
  searchable(name).replace(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '')
    return String(Math.min(number.length, 99)).padStart(2, '0') + number
  })
