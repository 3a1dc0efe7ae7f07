const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i

/**
 * A text as the name of a file or folder that every platform accepts, Windows included; `fallback` when nothing of it
 * can stay. Two texts may give the same name: the caller keeps them apart.
 */
export function safeName(text: string, fallback: string): string {
  const name = [...text.normalize('NFC')]
    .map((character) => (/[\p{Cc}\p{Cs}<>:"/\\|?*\uFFFD]/u.test(character) ? '_' : character))
    .join('')
    .trim()
    .replace(/[. ]+$/, '')
    .replace(/^\.+/, '')
  const short = shorten(name, 200)
  if (short === '' || /^_+$/.test(short)) return fallback
  return reservedOnWindows.test(short) ? `_${short}` : short
}

/** At most so many bytes of UTF-8, cut between characters. */
function shorten(text: string, bytes: number): string {
  let length = 0
  let short = ''
  for (const character of text) {
    length += Buffer.byteLength(character)
    if (length > bytes) break
    short += character
  }
  return short.replace(/[. ]+$/, '')
}

/** The first of `name`, `name-2`, `name-3` … that is not taken; `extension` stays at the end. */
export function freeName(name: string, extension: string, taken: (candidate: string) => boolean): string {
  for (let number = 1; ; number++) {
    const candidate = `${name}${number === 1 ? '' : `-${number}`}${extension}`
    if (!taken(candidate)) return candidate
  }
}
