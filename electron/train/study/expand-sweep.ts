import { FleuronError } from '../../../shared/errors.ts'
import type { Assignments, StudySpec, StudyVariant, SweepRange, SweepSpec } from '../../../shared/study.ts'
import type { TrainMode } from '../../../shared/training.ts'
import { stream } from '../../engine/index.ts'

type Values = SweepSpec['vary'][string]
type Value = Assignments[string]

const isRange = (values: Values): values is SweepRange => !Array.isArray(values)

/** Most combinations that a grid may have: more would never end. */
const largestGrid = 2000

/**
 * Writes a sweep out: every combination of the lists in order, or as many different draws as were asked for.
 * @param usual the model and mode where the sweep names none
 * @throws FleuronError invalid-input when ranges are to be combined without drawing, or the grid is too large
 */
export function expandSweep(sweep: SweepSpec, usual: { model: string; mode: TrainMode }): StudySpec {
  const { name, vary, samples, seeds, maximumRuns, maximumHours, stopHopeless } = sweep
  const combinations = samples === undefined ? grid(vary) : draws(vary, samples)
  return {
    name,
    kind: 'sweep',
    variants: combinations.map((combination) => variantOf(sweep, combination, usual)),
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, index) => index + 1) : seeds,
    stopHopeless,
    ...(maximumRuns === undefined ? {} : { maximumRuns }),
    ...(maximumHours === undefined ? {} : { maximumHours }),
  }
}

function grid(vary: SweepSpec['vary']): Assignments[] {
  const entries = Object.entries(vary)
  const ranged = entries.find(([, values]) => isRange(values))
  if (ranged) {
    throw new FleuronError(
      'invalid-input',
      `${ranged[0]} is a range, of which a grid has no end; list its values, or say with "samples" how many combinations to draw.`,
    )
  }
  const count = entries.reduce((product, [, values]) => product * (values as Value[]).length, 1)
  if (count > largestGrid) {
    throw new FleuronError(
      'invalid-input',
      `This grid has ${count.toLocaleString('en')} combinations; ${largestGrid.toLocaleString('en')} are the most. Shorten the lists, or say with "samples" how many to draw.`,
    )
  }
  return entries.reduce<Assignments[]>(
    (all, [key, values]) => all.flatMap((some) => (values as Value[]).map((value) => ({ ...some, [key]: value }))),
    [{}],
  )
}

/** Different combinations, each drawn by its place alone, so that asking for more keeps the first ones. */
function draws(vary: SweepSpec['vary'], samples: number): Assignments[] {
  const found = new Map<string, Assignments>()
  // A few lists have fewer combinations than were asked for: then all that turn up are taken.
  for (let place = 0; found.size < samples && place < samples * 20; place++) {
    const drawn = Object.fromEntries(
      Object.entries(vary).map(([key, values]) => [
        key,
        draw(values, stream({ seed: 1, step: place, purpose: `sweep ${key}` }).uniform()),
      ]),
    )
    found.set(JSON.stringify(drawn), drawn)
  }
  return [...found.values()]
}

function draw(values: Values, share: number): Value {
  if (!isRange(values)) return values[Math.floor(share * values.length)] as Value
  const { from, to, scale } = values
  const drawn = scale === 'log' ? from * (to / from) ** share : from + (to - from) * share
  return Number(drawn.toPrecision(4))
}

function variantOf(
  sweep: SweepSpec,
  combination: Assignments,
  usual: { model: string; mode: TrainMode },
): StudyVariant {
  const { model = sweep.model ?? usual.model, mode = sweep.mode ?? usual.mode, ...own } = combination
  const name = Object.entries(combination)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ')
  return {
    name: name || 'as it is',
    model: String(model),
    mode: String(mode) as TrainMode,
    set: { ...sweep.set, ...own },
  }
}
