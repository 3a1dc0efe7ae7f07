/** A frozen ViT-Tiny trained on real flowers classifies folders: how fast, and does it know what it does not know? */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { train } from '../electron/cli/commands/train.ts'
import { importFolder } from '../electron/cli/commands/import.ts'
import { withProject } from '../electron/cli/connection.ts'
import { withCompute } from '../electron/cli/compute.ts'
import { classifyFolder, type FolderClassification } from '../electron/field/classify-folder.ts'
import type { Decision } from '../shared/prediction.ts'
import { row, type Bench } from './rows.ts'
import { shared } from './training.ts'

type Photos = FolderClassification['photos']
const share = (photos: Photos, decision: Decision): number =>
  photos.filter((photo) => photo.decision === decision).length / photos.length

/** Paths of the photos that the model was tested on, relative to the folder. */
const testPaths = (project: string): Promise<Set<string>> =>
  withProject(project, async (services) => {
    const photos = await services.photos.get({
      ids: await services.photos.ids({ filter: { split: 'test' }, order: 'name' }),
    })
    return new Set(photos.map(({ path }) => path))
  })

export const bench: Bench = async () => {
  const [folder, weights] = [shared('data/flowers'), shared('weights')]
  const [field, known, near] = ['field', 'elsewhere/known', 'elsewhere/unknown'].map((name) => shared(`data/${name}`))
  if (!folder || !weights || !field || !known || !near) return []
  process.env['FLEURON_WEIGHTS'] = weights
  const scratch = mkdtempSync(join(tmpdir(), 'fleuron-bench-'))
  process.env['FLEURON_HOME'] = join(scratch, 'home')
  try {
    const project = join(scratch, 'project')
    await importFolder(folder, { project })
    const { model, test } = await train({ project, model: 'vit_tiny_patch16_224', set: [] })
    return await withCompute(async (compute, signal) => {
      const classify = (path: string) => classifyFolder({ modelDirectory: model, folder: path, compute, signal })
      const [far, flowers, others, all] = [
        await classify(field),
        await classify(known),
        await classify(near),
        await classify(folder),
      ]
      const paths = await testPaths(project)
      const tested = all.photos.filter(({ path }) => paths.has(path))
      return [
        row('ViT-Tiny: JPEG on disk to label', 'photos/s', all.photos.length / all.seconds, 60, 'least it must reach'),
        row('ViT-Tiny: test accuracy', 'share', test?.accuracy ?? 0, 0.944, 'a linear head on all 1,500, PyTorch'),
        row('test flowers not called unknown', 'share', 1 - share(tested, 'unknown'), 0.9, 'least it must reach'),
        row('far unknowns called unknown', 'share', share(far.photos, 'unknown'), 0.9, 'least it must reach'),
        row(
          'the same flowers by others not called unknown',
          'share',
          1 - share(flowers.photos, 'unknown'),
          0.9,
          'least it must reach',
        ),
        row('near unknowns (other flowers) called unknown', 'share', share(others.photos, 'unknown'), null, ''),
        row('near unknowns called known', 'share', share(others.photos, 'known'), null, ''),
      ]
    })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
