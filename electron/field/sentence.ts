import type { Decision } from '../../shared/prediction.ts'

/** A second class is worth a word from this probability on. */
const WORTH_A_WORD = 0.1

/** What was decided of a photo, as a naturalist would say it. `top` is in falling order of probability. */
export function sentenceOf(
  decision: Decision,
  top: readonly { readonly class: string; readonly probability: number }[],
  classes: number,
): string {
  const [first, second] = top
  if (decision === 'unknown' || !first) return noneOf(classes)
  if (decision === 'known') {
    const name = spoken(first.class)
    return isPlural(name) ? `We are sure these are ${name}.` : `We are sure this is ${withArticle(name)}.`
  }
  const other = second && second.probability >= WORTH_A_WORD ? `, perhaps ${withArticle(spoken(second.class))}` : ''
  return `Probably ${withArticle(spoken(first.class))}${other}.`
}

function noneOf(classes: number): string {
  if (classes === 1) return 'Not the one class this model knows.'
  return classes === 2
    ? 'Neither of the 2 classes this model knows.'
    : `None of the ${classes} classes this model knows.`
}

/** Names of folders have underscores where people have spaces. */
const spoken = (name: string): string => name.replaceAll('_', ' ').replace(/\s+/g, ' ').trim()

/** "a daisy", "an iris"; a plural, a name with an article of its own or in another script stays as it is. */
export function withArticle(name: string): string {
  if (!/^[\p{Script=Latin}\d]/u.test(name) || /^(an?|the) /i.test(name) || isPlural(name)) return name
  return `${soundsLikeVowel(name) ? 'an' : 'a'} ${name}`
}

/** Whether a name is said with a vowel first: "an hourglass", "an SUV", "an 8-spot ladybird", but "a unicorn". */
function soundsLikeVowel(name: string): boolean {
  const plain = name.normalize('NFD').replace(/\p{Mark}/gu, '')
  const word = /^[\p{L}\d]+/u.exec(plain)?.[0] ?? ''
  if (/^\d/.test(word)) return /^(8|11(?!\d)|18(?!\d))/.test(word)
  if (isSpelled(word)) return /^[AEFHILMNORSX]/.test(word)
  if (/^(hour|honest|honou?r|heir)/i.test(word)) return true
  // Said like "you" or "one".
  if (/^(eu|ew|one$|once$|uni(?![dmn])|us[aeu]|ut[ei]|ura|uro|ubi|uku|ugand)/i.test(word)) return false
  return /^[aeiouæœ]/i.test(word)
}

/** Said letter by letter: capitals without a vowel, or "UFO" and "USB". */
const isSpelled = (word: string): boolean => /^[B-DF-HJ-NP-TV-XZ]{2,}$/.test(word) || /^U[A-Z]{1,3}$/.test(word)

/** Singular nouns on -s that English or Latin gave us and that the rule below would take for plurals. */
const singular =
  /^(species|series|lens|biceps|sapiens|vulpes|atlas|gas|canvas|pampas|ananas|cosmos|rhinoceros|albatros|asbestos|lotos|cyclops|mars|corps|christmas)$/i

/** "tulips", "roses", "red foxes"; not "iris", "grass", "cactus". A guess by the last word's end. */
function isPlural(name: string): boolean {
  const last = /[\p{L}]+$/u.exec(name)?.[0] ?? ''
  return /[^ius]s$/i.test(last) && last.length > 3 && last !== last.toUpperCase() && !singular.test(last)
}
