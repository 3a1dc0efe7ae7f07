import { add, mul, sub } from '../graph/index.ts'
import type { Tensor } from '../graph/index.ts'

/** A running average of the weights beside them (EMA), often better than the weights of the last step. */
export interface Averaging {
  /** Share of the average that an update keeps, e.g. 0.999. */
  readonly decay: number
  /** Begins with a short memory that grows to `decay`; otherwise it is `decay` from the second update on. */
  readonly warmup?: boolean
}

/** Of the warm-up, 1 − (1 + t)^−power, as timm's ModelEmaV3 has it. */
const warmupPower = 2 / 3

/** What update `step`, counted from 1, keeps of the average: nothing at first, so that it begins with the weights. */
export function averagingDecay({ decay, warmup = false }: Averaging, step: number): number {
  if (step <= 1) return 0
  return warmup ? Math.min(1 - step ** -warmupPower, decay) : decay
}

/** decay · average + (1 − decay) · value; the decay is a scalar. */
export function averaged(average: Tensor, value: Tensor, decay: Tensor): Tensor {
  return add(mul(average, decay), mul(value, sub(1, decay)))
}
