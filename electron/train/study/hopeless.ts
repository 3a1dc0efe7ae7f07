/**
 * The median stopping rule of Golovin et al. 2017 ("Google Vizier", section 3.2.2): a run is hopeless when its best
 * validation accuracy so far is below the median of what the finished runs had averaged up to the same epoch.
 *
 * @param history validation accuracies of the epochs of the run in hand
 * @param finished those of finished runs
 */
export function isHopeless(history: readonly number[], finished: readonly (readonly number[])[]): boolean {
  const epoch = history.length
  if (epoch < leastEpochs) return false
  const averages = finished
    .filter(({ length }) => length >= epoch)
    .map((accuracies) => accuracies.slice(0, epoch).reduce((sum, value) => sum + value, 0) / epoch)
    .sort((a, b) => a - b)
  if (averages.length < leastRuns) return false
  const middle = averages.length / 2
  const median =
    averages.length % 2 === 1
      ? (averages[Math.floor(middle)] as number)
      : ((averages[middle - 1] as number) + (averages[middle] as number)) / 2
  return Math.max(...history) < median
}

/** Epochs that every run is given: the first ones tell little. */
const leastEpochs = 4
/** Finished runs that a median needs. */
const leastRuns = 3
