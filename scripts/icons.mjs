/** Renders resources/icon.svg into the sizes that the window and the installers take. Run by hand when it changes. */
import { join } from 'node:path'
import sharp from 'sharp'
import { root } from './places.mjs'

const drawing = join(root, 'resources', 'icon.svg')
const sizes = { 'resources/icon.png': 256, 'build/icon.png': 1024 }

for (const [file, size] of Object.entries(sizes)) {
  await sharp(drawing).resize(size, size).png({ compressionLevel: 9, palette: true }).toFile(join(root, file))
}
