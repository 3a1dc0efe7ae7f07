/** Which files count as photographs, by name and by their first bytes. */

/** What sharp's prebuilt libvips decodes. HEIC is missing: its decoder may not be shipped. */
const photoExtensions = new Set(['jpg', 'jpeg', 'png', 'webp', 'tif', 'tiff', 'gif', 'avif'])
/** Pictures that users have and Fleuron cannot open: worth a word, unlike notes and spreadsheets. */
const foreignExtensions = new Set(
  ['heic', 'heif', 'bmp', 'jxl', 'jp2', 'psd', 'cr2', 'cr3', 'nef', 'arw', 'dng', 'orf', 'raf', 'rw2'], //
)
const junkNames = new Set([
  'thumbs.db',
  'desktop.ini',
  '__macosx',
  'icon\r',
  '$recycle.bin',
  'system volume information',
])

const extensionOf = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''

export const isPhotoName = (name: string): boolean => photoExtensions.has(extensionOf(name))
export const isForeignPicture = (name: string): boolean => foreignExtensions.has(extensionOf(name))
/** What operating systems leave among photos, and everything hidden. */
export const isJunk = (name: string): boolean => name.startsWith('.') || junkNames.has(name.toLowerCase())

/** What sharp calls the formats that it may open here; it would also draw SVG and read others. */
export const photoFormats = new Set(['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif'])

const startsWith =
  (text: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString('latin1', at, at + text.length) === text

const isHeic = (head: Buffer): boolean =>
  startsWith('ftyp', 4)(head) && /^(hei[cxms]|hev[cmx]|mif1|msf1)/.test(head.toString('latin1', 8, 12))

const isText = (head: Buffer): boolean => {
  if (head.includes(0)) return false
  if (head.some((byte) => byte < 9 || (byte > 13 && byte < 32))) return false
  try {
    // A character that is cut off at the end is none that is wrong.
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return true
  } catch {
    return false
  }
}

/** What a file that is no photo is; the first that fits. */
const kinds: { is: (head: Buffer) => boolean; kind: string; picture: boolean }[] = [
  { is: isHeic, kind: 'a HEIC photo', picture: true },
  { is: startsWith('BM'), kind: 'a BMP picture', picture: true },
  { is: startsWith('8BPS'), kind: 'a Photoshop document', picture: true },
  { is: startsWith('\xff\x0a'), kind: 'a JPEG XL picture', picture: true },
  { is: startsWith('JXL ', 4), kind: 'a JPEG XL picture', picture: true },
  { is: startsWith('%PDF'), kind: 'a PDF document', picture: false },
  { is: startsWith('PK\x03\x04'), kind: 'a ZIP archive or an office document', picture: false },
  { is: startsWith('ftyp', 4), kind: 'a video', picture: false },
  { is: startsWith('AVI ', 8), kind: 'a video', picture: false },
  { is: (head) => /<svg[\s>]/i.test(head.toString('latin1')), kind: 'an SVG drawing', picture: true },
  { is: (head) => /^\s*(<!doctype html|<html)/i.test(head.toString('latin1')), kind: 'a web page', picture: false },
  { is: isText, kind: 'a text file', picture: false },
]

/** What the first bytes of a file say that it is, or null when they say nothing. */
export const kindOf = (head: Buffer): { kind: string; picture: boolean } | null =>
  kinds.find(({ is }) => is(head)) ?? null
