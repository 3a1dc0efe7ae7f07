import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { FleuronError } from '../../../shared/errors.ts'
import { quantizeModelFolder } from '../../field/quantize-folder.ts'
import { modelFiles, type FasterCard } from '../../train/model/model-folder.ts'
import { withCompute } from '../compute.ts'
import { withProject } from '../connection.ts'
import type { Output } from '../output.ts'
import { percent } from '../table.ts'

export interface QuantizeResult extends FasterCard {
  /** The file that was written. */
  model: string
}

/** Photos to measure on are those of the folder, or else the validation photos of the project that the model lies in. */
export async function quantize(options: { model: string; photos?: string }): Promise<QuantizeResult> {
  const modelDirectory = resolve(options.model)
  const photos = options.photos === undefined ? await validationPhotos(modelDirectory) : resolve(options.photos)
  const faster = await withCompute((compute, signal) =>
    quantizeModelFolder({ modelDirectory, photos, compute, signal }),
  )
  return { model: join(modelDirectory, modelFiles.faster), ...faster }
}

export function printQuantization(output: Output, result: QuantizeResult): void {
  output.line(`${result.model}\n`)
  output.line(`${result.speed.toFixed(1)}× as fast as the model in full precision, on this computer`)
  output.line(
    `right on ${percent(result.accuracy)} of ${result.photos} photos; in full precision ${percent(result.fullAccuracy)}`,
  )
  if (result.floats > 0) output.line(`${result.floats} of ${result.nodes} layers stayed in full precision`)
  if (result.bits === 7) {
    output.line('weights have 7 bits: this processor cannot add products of 8 bits without overflow')
  }
}

/** A model of a run lies in `<project>/runs/<run>/model`. */
async function validationPhotos(modelDirectory: string): Promise<{ path: string; class: string }[]> {
  const project = dirname(dirname(dirname(modelDirectory)))
  if (!existsSync(join(project, 'project.db'))) {
    throw new FleuronError(
      'invalid-input',
      `${modelDirectory} lies in no project; name photos to measure on with --photos <folder>, one folder of them for each class.`,
    )
  }
  return withProject(project, async (services) => {
    const ids = await services.photos.ids({ filter: { split: 'validation', excluded: false }, order: 'name' })
    const photos = await services.photos.get({ ids })
    const current = await services.projects.current()
    const names = new Map(current?.classes.map(({ id, name }) => [id, name]))
    return photos.flatMap(({ path, classId }) => {
      const name = names.get(classId ?? '')
      return name === undefined ? [] : [{ path: join(current?.folder ?? '', path), class: name }]
    })
  })
}
