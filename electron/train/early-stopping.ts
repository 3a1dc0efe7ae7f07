/** Remembers the best epoch by validation loss and says when waiting for a better one is no longer worth it. */
export interface EarlyStopping {
  /** Epoch with the lowest validation loss so far, from 1; null before there is one. */
  readonly bestEpoch: number | null
  readonly bestLoss: number
  /** `improved`: this epoch is the best so far; `exhausted`: `patience` epochs in a row were not. */
  observe(epoch: number, validationLoss: number): { improved: boolean; exhausted: boolean }
}

/** `patience` 0 never gives up. A loss that is not finite is never an improvement. */
export function createEarlyStopping(patience: number): EarlyStopping {
  let bestEpoch: number | null = null
  let bestLoss = Number.POSITIVE_INFINITY
  return {
    get bestEpoch() {
      return bestEpoch
    },
    get bestLoss() {
      return bestLoss
    },
    observe(epoch, validationLoss) {
      const improved = Number.isFinite(validationLoss) && validationLoss < bestLoss
      if (improved) {
        bestEpoch = epoch
        bestLoss = validationLoss
      }
      return { improved, exhausted: patience > 0 && epoch - (bestEpoch ?? 0) >= patience }
    },
  }
}
