import type { RateSearch } from '../../../shared/training.ts'
import type { TrainingSession } from '../../engine/index.ts'
import { noneReadable } from '../loop/divergence.ts'
import { randomOf } from '../loop/mixed-batch.ts'
import { sweepRates } from './rate-finder.ts'
import type { LoopBatch } from '../loop/train-epoch.ts'

/** Epoch after epoch, for as long as they are asked for. */
async function* endless(
  batches: (epoch: number) => AsyncIterable<LoopBatch> | Iterable<LoopBatch>,
): AsyncGenerator<LoopBatch & { epoch: number }> {
  for (let epoch = 1; ; epoch++) {
    let some = false
    for await (const batch of batches(epoch)) {
      some = true
      yield { ...batch, epoch }
    }
    if (!some) throw noneReadable('training')
  }
}

/** Sweeps the learning rate in a session, which is spoilt by it, on the batches that training would begin with. */
export async function searchRate(options: {
  session: TrainingSession
  seed: number
  batches: (epoch: number) => AsyncIterable<LoopBatch> | Iterable<LoopBatch>
  breathe: () => Promise<void>
  told: (points: RateSearch['points']) => void
}): Promise<RateSearch> {
  const { session, seed, breathe, told } = options
  const batches = endless(options.batches)
  try {
    return await sweepRates(
      async (learningRate) => {
        const losses: number[] = []
        for (let updated = false; !updated;) {
          await breathe()
          const { inputs, labels, place, epoch, mixed } = (await batches.next()).value as LoopBatch & { epoch: number }
          const result = await session.step(
            { inputs, targets: mixed?.targets ?? labels },
            { learningRate, random: randomOf({ seed, epoch, step: place }, mixed) },
          )
          losses.push(result.loss)
          updated = result.updated
        }
        return losses.reduce((sum, loss) => sum + loss, 0) / losses.length
      },
      (points) => told([...points]),
    )
  } finally {
    await batches.return(undefined)
  }
}
