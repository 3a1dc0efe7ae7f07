import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../project/testing.ts'
import { openPhoto, readHeader, unreadableReason } from './decode.ts'
import { noise } from './testing.ts'

type Rgb = [number, number, number]

/** Red, green, blue, yellow: what an upright picture shows in its four quarters, row by row. */
const quarters: Rgb[] = [
  [200, 30, 30],
  [30, 200, 30],
  [30, 30, 200],
  [220, 220, 40],
]
const width = 48
const height = 32
const upright = (x: number, y: number): Rgb => quarters[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)] ?? [0, 0, 0]

/**
 * Where the pixel stored at (x, y) belongs in the upright picture, after the table of the EXIF standard (JEITA CP-3451,
 * tag Orientation: which side of the scene the 0th row and the 0th column are).
 */
const uprightPlace: Record<number, (x: number, y: number) => [number, number]> = {
  1: (x, y) => [x, y], // row: top, column: left
  2: (x, y) => [width - 1 - x, y], // top, right
  3: (x, y) => [width - 1 - x, height - 1 - y], // bottom, right
  4: (x, y) => [x, height - 1 - y], // bottom, left
  5: (x, y) => [y, x], // left, top
  6: (x, y) => [width - 1 - y, x], // right, top
  7: (x, y) => [width - 1 - y, height - 1 - x], // right, bottom
  8: (x, y) => [y, height - 1 - x], // left, bottom
}

function storedAs(orientation: number) {
  const turned = orientation > 4
  const [w, h] = turned ? [height, width] : [width, height]
  const data = Buffer.alloc(w * h * 3)
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      data.set(upright(...(uprightPlace[orientation]?.(x, y) ?? [0, 0])), (y * w + x) * 3)
    }
  }
  return sharp(data, { raw: { width: w, height: h, channels: 3 } })
}

/** Colours in the middle of the four quarters. */
async function seen(source: Buffer | string): Promise<{ width: number; height: number; quarters: Rgb[] }> {
  const { data, info } = await openPhoto(source, await readHeader(source))
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect(info.channels).toBe(3)
  const at = (x: number, y: number): Rgb => {
    const index = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * 3
    return [data[index] ?? -1, data[index + 1] ?? -1, data[index + 2] ?? -1]
  }
  return {
    width: info.width,
    height: info.height,
    quarters: [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)],
  }
}

function expectClose(found: Rgb[], expected: Rgb[], tolerance: number): void {
  const distances = found.map((color, index) =>
    Math.max(...color.map((value, channel) => Math.abs(value - (expected[index]?.[channel] ?? 999)))),
  )
  expect(Math.max(...distances), JSON.stringify(found)).toBeLessThanOrEqual(tolerance)
}

describe('EXIF orientation is applied once', () => {
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
      test(`${format}, orientation ${orientation}`, async () => {
        const photo = await seen(
          await storedAs(orientation).withMetadata({ orientation })[format]({ quality: 95 }).toBuffer(),
        )
        expect([photo.width, photo.height]).toEqual([width, height])
        expectClose(photo.quarters, quarters, 12)
      })
    }
  }

  test('its size is told as it is seen', async () => {
    const { autoOrient } = await readHeader(await storedAs(6).withMetadata({ orientation: 6 }).jpeg().toBuffer())
    expect(autoOrient).toMatchObject({ width, height })
  })
})

const kinds = (colors: Rgb[]): string[] => colors.map((color) => color.map((value) => (value > 125 ? 1 : 0)).join(''))

const picture = () => storedAs(1)

/** sRGB's transfer function (IEC 61966-2-1) and its inverse, 0 to 1. */
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const encoded = (value: number): number => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)

/** CIE luminance of an sRGB colour, as grey. */
function luminance([r, g, b]: Rgb): Rgb {
  const y = 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255)
  const value = Math.round(255 * encoded(y))
  return [value, value, value]
}

const frame = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 20, channels: 3, background } })
    .png()
    .toBuffer()

describe('every kind of file becomes 8-bit sRGB in three channels', () => {
  const grey = quarters.map(luminance)
  const cases: [name: string, bytes: () => Promise<Buffer>, expected: Rgb[], tolerance: number][] = [
    ['16-bit PNG', () => picture().toColourspace('rgb16').png().toBuffer(), quarters, 1],
    ['16-bit grey PNG', () => picture().toColourspace('grey16').png().toBuffer(), grey, 2],
    ['grey JPEG', () => picture().greyscale().jpeg({ quality: 95 }).toBuffer(), grey, 6],
    ['palette PNG', () => picture().png({ palette: true }).toBuffer(), quarters, 4],
    ['16-bit TIFF', () => picture().toColourspace('rgb16').tiff().toBuffer(), quarters, 1],
    ['Lab TIFF', () => picture().toColourspace('lab').tiff({ compression: 'lzw' }).toBuffer(), quarters, 6],
    ['AVIF', () => picture().avif({ quality: 90 }).toBuffer(), quarters, 12],
    ['GIF', () => picture().gif().toBuffer(), quarters, 4],
  ]
  for (const [name, bytes, expected, tolerance] of cases) {
    test(name, async () => expectClose((await seen(await bytes())).quarters, expected, tolerance))
  }

  test('CMYK JPEG', async () => {
    const bytes = await picture().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer()
    expect((await sharp(bytes).metadata()).space).toBe('cmyk')
    const { quarters: found } = await seen(bytes)
    // Ink cannot show these colours as they are; each stays the kind of colour that it was.
    expectClose(found, quarters, 90)
    expect(kinds(found)).toEqual(kinds(quarters))
  })

  for (const depth of ['srgb', 'rgb16'] as const) {
    for (const profile of ['srgb', 'p3']) {
      test(`${depth === 'srgb' ? 8 : 16} bits with a profile (${profile})`, async () => {
        const bytes = await picture().toColourspace(depth).withIccProfile(profile).png().toBuffer()
        const { space, hasProfile } = await sharp(bytes).metadata()
        expect({ space, hasProfile }).toEqual({ space: depth, hasProfile: true })
        expectClose((await seen(bytes)).quarters, quarters, 3)
      })
    }
  }

  test('transparency lies on white, in 8 and in 16 bits', async () => {
    const half = sharp({
      create: { width: 8, height: 8, channels: 4, background: { r: 200, g: 100, b: 0, alpha: 0.5 } },
    })
    const expected: Rgb = [228, 178, 128]
    for (const bytes of [await half.clone().png().toBuffer(), await half.toColourspace('rgb16').png().toBuffer()]) {
      expectClose((await seen(bytes)).quarters.slice(0, 1), [expected], 3)
    }
  })

  for (const format of ['gif', 'webp'] as const) {
    test(`of an animated ${format}, the first picture`, async () => {
      const frames = [await frame('#ff0000'), await frame('#00ff00'), await frame('#0000ff')]
      const joined = sharp(frames, { join: { animated: true } })
      const bytes = await (format === 'gif' ? joined.gif() : joined.webp()).toBuffer()
      expect((await sharp(bytes).metadata()).pages).toBe(3)
      const photo = await seen(bytes)
      expect([photo.width, photo.height]).toEqual([20, 20])
      expectClose(photo.quarters.slice(0, 1), [[255, 0, 0]], 12)
    })
  }
})

async function reason(bytes: Buffer | string, name = 'photo.jpg'): Promise<string> {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, bytes)
  try {
    await openPhoto(path, await readHeader(path))
      .resize(16, 16)
      .raw()
      .toBuffer()
  } catch (error) {
    return unreadableReason(error, path)
  }
  throw new Error('It could be read.')
}
const part = (bytes: Buffer, share: number): Buffer => bytes.subarray(0, Math.floor(bytes.length * share))

/** A piece of a PNG file: length, type, data, checksum. */
const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data])
  const around = Buffer.alloc(8)
  around.writeUInt32BE(data.length, 0)
  around.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([around.subarray(0, 4), body, around.subarray(4)])
}

/** The beginning of a PNG file that says how large it is. */
function pngHead(wide: number, high: number): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  header.writeUInt32BE(wide, 0)
  header.writeUInt32BE(high, 4)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
  ])
}

describe('what cannot be read is told with the cause and the remedy', () => {
  test('an empty file', async () => {
    expect(await reason('')).toBe('The file is empty (0 bytes); copy it again from where it came from, or exclude it.')
  })
  for (const share of [0.2, 0.5, 0.8]) {
    test(`${share * 100} % of a JPEG, a PNG and a WebP`, async () => {
      const grain = noise(640, 480)
      for (const bytes of [
        await grain.clone().jpeg().toBuffer(),
        await grain.clone().png().toBuffer(),
        await grain.webp().toBuffer(),
      ]) {
        const words = await reason(part(bytes, share))
        const said = Number(/only about (\d+) % of it is there/.exec(words)?.[1])
        expect(Math.abs(said - share * 100), words).toBeLessThan(6)
      }
    })
  }
  test('a broken-off progressive JPEG, TIFF and AVIF', async () => {
    const grain = noise(640, 480)
    for (const bytes of [
      await grain.clone().jpeg({ progressive: true }).toBuffer(),
      await grain.clone().tiff().toBuffer(),
      await noise(128, 96).avif({ effort: 0 }).toBuffer(),
    ]) {
      expect(await reason(part(bytes, 0.5))).toMatch(/breaks off/)
    }
  })
  test('the first bytes of a JPEG, and a PNG that lacks its last', async () => {
    const png = await noise(200, 300).png({ progressive: true }).toBuffer()
    for (const bytes of [Buffer.from([0xff, 0xd8, 0xff]), part(png, 0.95), png.subarray(0, -20)]) {
      expect(await reason(bytes)).toMatch(/breaks off/)
    }
  })
  test('other things with the name of a photo', async () => {
    expect(await reason('These are my notes.\nNothing else.')).toMatch(/is a text file and not a photo/)
    expect(await reason('<!DOCTYPE html><html><body>404</body></html>')).toMatch(/is a web page and not a photo/)
    expect(await reason('%PDF-1.4 …')).toMatch(/is a PDF document/)
    expect(await reason('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')).toMatch(/SVG drawing/)
    expect(await reason(Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), 'p.jpg')).toBe(
      'The file is a HEIC photo, which Fleuron cannot open; save it as JPEG or PNG first.',
    )
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 251))
    expect(await reason(bytes)).toMatch(/damaged and cannot be decoded/)
  })
  test('a picture that is too large', async () => {
    expect(await reason(pngHead(17_000, 16_000), 'huge.png')).toBe(
      'The picture is too large (272 megapixels, Fleuron opens up to 268); save a smaller copy of it.',
    )
  })
  test('a file that is gone', async () => {
    expect(await unreadableReason(new Error('x'), join(temporaryFolder(), 'none.jpg'))).toMatch(
      /^The file is gone; put it back/,
    )
  })
})

test('a photo replaced on disk is read anew', async () => {
  const path = join(temporaryFolder(), 'photo.png')
  for (const background of ['#ff0000', '#0000ff']) {
    writeFileSync(
      path,
      await sharp({ create: { width: 8, height: 8, channels: 3, background } })
        .png()
        .toBuffer(),
    )
    expect((await seen(path)).quarters[0]).toEqual(background === '#ff0000' ? [255, 0, 0] : [0, 0, 255])
  }
})
