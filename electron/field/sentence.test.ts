import { describe, expect, test } from 'vitest'
import { sentenceOf, withArticle } from './sentence.ts'

const top = (...names: [string, number][]) => names.map(([name, probability]) => ({ class: name, probability }))

describe('a sentence', () => {
  test('when it is sure', () => {
    expect(sentenceOf('known', top(['daisy', 0.98], ['rose', 0.01]), 5)).toBe('We are sure this is a daisy.')
    expect(sentenceOf('known', top(['iris', 1]), 5)).toBe('We are sure this is an iris.')
    expect(sentenceOf('known', top(['sunflowers', 0.9]), 5)).toBe('We are sure these are sunflowers.')
    expect(sentenceOf('known', top(['oxeye_daisy', 0.9]), 5)).toBe('We are sure this is an oxeye daisy.')
  })

  test('when it is not quite', () => {
    expect(sentenceOf('unsure', top(['tulip', 0.6], ['rose', 0.35]), 5)).toBe('Probably a tulip, perhaps a rose.')
    expect(sentenceOf('unsure', top(['tulip', 0.95], ['rose', 0.05]), 5)).toBe('Probably a tulip.')
    expect(sentenceOf('unsure', top(['tulip', 1]), 1)).toBe('Probably a tulip.')
    expect(sentenceOf('unsure', top(['roses', 0.5], ['iris', 0.4]), 5)).toBe('Probably roses, perhaps an iris.')
  })

  test('when it is something else', () => {
    const found = top(['tulip', 0.99], ['rose', 0.01])
    expect(sentenceOf('unknown', found, 5)).toBe('None of the 5 classes this model knows.')
    expect(sentenceOf('unknown', found, 2)).toBe('Neither of the 2 classes this model knows.')
    expect(sentenceOf('unknown', found.slice(0, 1), 1)).toBe('Not the one class this model knows.')
  })
})

test.each([
  ['daisy', 'a daisy'],
  ['Rose', 'a Rose'],
  ['orchid', 'an orchid'],
  ['Épipactis', 'an Épipactis'],
  ['umbrella', 'an umbrella'],
  ['unicorn', 'a unicorn'],
  ['unidentified beetle', 'an unidentified beetle'],
  ['European robin', 'a European robin'],
  ['eucalyptus', 'a eucalyptus'],
  ['urchin', 'an urchin'],
  ['hourglass', 'an hourglass'],
  ['house', 'a house'],
  ['heron', 'a heron'],
  ['yew', 'a yew'],
  ['one-flowered wintergreen', 'a one-flowered wintergreen'],
  ['onion', 'an onion'],
  ['8-spot ladybird', 'an 8-spot ladybird'],
  ['11-spot ladybird', 'an 11-spot ladybird'],
  ['7-spot ladybird', 'a 7-spot ladybird'],
  ['SVG', 'an SVG'],
  ['UFO', 'a UFO'],
  ['OAK', 'an OAK'],
  ['GLASS', 'a GLASS'],
  ['Bellis perennis', 'a Bellis perennis'],
  ['iris', 'an iris'],
  ['cactus', 'a cactus'],
  ['grass', 'a grass'],
  ['lens', 'a lens'],
  ['gas', 'a gas'],
  ['Vulpes vulpes', 'a Vulpes vulpes'],
  ['tulips', 'tulips'],
  ['cherry tomatoes', 'cherry tomatoes'],
  ['zebras', 'zebras'],
  ['バラ', 'バラ'],
  ['роза', 'роза'],
  ['the moon', 'the moon'],
])('%s: %s', (name, said) => expect(withArticle(name)).toBe(said))
