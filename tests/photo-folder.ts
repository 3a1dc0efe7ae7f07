/** Folders of drawn photos for tests of the whole application, with the mishaps of real ones where they are asked for. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'

/**
 * Writes `<folder>/<class>/<class>_<n>.jpg`, each photo in a colour of its own.
 * @param classes how many photos each class has; an empty name stands for the folder itself
 */
export async function drawPhotos(folder: string, classes: Record<string, number>): Promise<void> {
  let hue = 0
  for (const [name, photos] of Object.entries(classes)) {
    await mkdir(join(folder, name), { recursive: true })
    for (let n = 1; n <= photos; n += 1) {
      hue = (hue + 47) % 360
      const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="360">
        <rect width="480" height="360" fill="hsl(${hue} 30% 40%)"/>
        <circle cx="${120 + ((n * 37) % 240)}" cy="180" r="${60 + ((n * 13) % 80)}" fill="hsl(${(hue + 140) % 360} 70% 60%)"/>
      </svg>`
      const file = join(folder, name, `${name || 'loose'}_${String(n).padStart(2, '0')}.jpg`)
      await writeFile(file, await sharp(Buffer.from(drawing)).jpeg().toBuffer())
    }
  }
}
