import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { FleuronError } from '../../../shared/errors.ts'

/** Where pretrained weights may be, first come first served. */
export interface WeightPlaces {
  /** The environment variable FLEURON_WEIGHTS: a file or a folder. */
  readonly environment: string | undefined
  /** The setting of the application: a file or a folder. */
  readonly setting: string | null
  /** FLEURON_HOME: downloaded weights are in its folder "weights". */
  readonly home: string
}

export const weightsFolder = (home: string): string => join(home, 'weights')

/** The name a model's weights have in a folder. */
export const weightsFileName = (model: string): string => `${model}.safetensors`

const kindOf = (path: string): 'file' | 'folder' | null => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found?.isFile() ? 'file' : found?.isDirectory() ? 'folder' : null
}

/** A file that is named is meant, whatever its name; but one that bears the name of another model is not this one's. */
function within(place: string, model: string, models: readonly string[]): string | null {
  switch (kindOf(place)) {
    case 'file': {
      const other = models.find((name) => basename(place) === weightsFileName(name))
      return other === undefined || other === model ? place : null
    }
    case 'folder': {
      const path = join(place, weightsFileName(model))
      return kindOf(path) === 'file' ? path : null
    }
    case null:
      return null
  }
}

const placesOf = ({ environment, setting, home }: WeightPlaces): string[] =>
  [environment, setting, weightsFolder(home)]
    .filter((place) => typeof place === 'string')
    .filter((place) => place !== '')

/** The weights file of a model, or null. `models` are all names that have weights. Whether it is sound is seen on loading. */
export function findWeights(model: string, models: readonly string[], places: WeightPlaces): string | null {
  for (const place of placesOf(places)) {
    const path = within(place, model, models)
    if (path !== null) return path
  }
  return null
}

/** @throws FleuronError not-ready when there are none; the message says where they may be put */
export function requireWeights(model: string, models: readonly string[], places: WeightPlaces): string {
  const path = findWeights(model, models, places)
  if (path !== null) return path
  throw new FleuronError(
    'not-ready',
    `The pretrained weights of ${model} are not on this computer; download them, or put ${weightsFileName(model)} into ${weightsFolder(places.home)}, or name the file in FLEURON_WEIGHTS.`,
    { details: `Looked in ${placesOf(places).join(', ')}.` },
  )
}
