import { FleuronError } from '../../shared/errors.ts'
import type { ClassReport } from '../../shared/training.ts'
import { reportPredictions } from '../evaluate/prediction-report.ts'
import { foldName } from '../project/classes.ts'
import { classifyPaths, type FolderRequest } from './classify-folder.ts'
import { absolutePaths, listFieldPhotos } from './field-photos.ts'
import { loadTrainedModel, type TrainedModel } from './trained-model.ts'

export interface FolderEvaluation {
  photos: number
  accuracy: number
  /** Wilson score interval, 95 %. */
  interval: [number, number]
  /** Mean cross entropy. */
  loss: number
  classes: string[]
  /** confusion[true][predicted] */
  confusion: number[][]
  perClass: ClassReport[]
  unreadable: { path: string; reason: string }[]
  /** What was passed over, e.g. a folder that may not be read: each a sentence. */
  warnings: string[]
}

/**
 * How often a model is right on a folder of labelled photos (`class-name/photo.jpg`). The rejector takes no part: every
 * photo gets its most probable class.
 *
 * @throws FleuronError 'conflict' when the folder has classes that the model does not know, or photos without any;
 *   'unreadable' when no photo can be read; and what `classifyFolder` throws
 */
export async function evaluateFolder(request: FolderRequest): Promise<FolderEvaluation> {
  const model = await loadTrainedModel(request.modelDirectory, request.precision)
  const field = await listFieldPhotos(request.folder, request.signal)
  const labels = labelsOf(model, field.folder, field.scan.photos)
  const { classified, unreadable } = await classifyPaths(model, absolutePaths(field), request)
  const [first] = unreadable
  if (classified.length === 0 && first) {
    throw new FleuronError(
      'unreadable',
      `None of the ${field.paths.length} photos in ${field.folder} could be read, so there is nothing to evaluate; ${field.paths[first.index]}: ${first.reason}`,
    )
  }
  const predictions = classified.map(({ index, probabilities }) => ({ label: labels[index] as number, probabilities }))
  const { photos, accuracy, interval, loss, confusion, perClass } = reportPredictions(predictions, model.card.classes)
  return {
    photos,
    accuracy,
    interval,
    loss,
    classes: [...model.classes],
    confusion,
    perClass,
    unreadable: unreadable.map(({ index, reason }) => ({ path: field.paths[index] as string, reason })),
    warnings: field.scan.passedOver,
  }
}

/** The model's class for each photo, by the name of its folder; case and Unicode form do not matter. */
export function labelsOf(
  { classes }: TrainedModel,
  folder: string,
  photos: readonly { path: string; className: string | null }[],
): number[] {
  const places = new Map(classes.map((name, index) => [foldName(name), index]))
  const strange = new Set<string>()
  const labels = photos.map(({ className }) => {
    const label = className === null ? undefined : places.get(foldName(className))
    if (label === undefined && className !== null) strange.add(className)
    return label ?? -1
  })
  if (strange.size > 0) {
    throw new FleuronError(
      'conflict',
      `The model does not know ${[...strange].join(', ')}, only ${classes.join(', ')}; evaluate it on photos of those classes.`,
    )
  }
  if (labels.includes(-1)) {
    throw new FleuronError(
      'conflict',
      `${folder} has photos outside of class folders, so their class is not known; put each into the folder of its class.`,
    )
  }
  return labels
}
