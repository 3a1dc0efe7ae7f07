/** A weights file cannot be used. The message names the file, the cause and the remedy in one sentence. */
export class WeightsError extends Error {
  override readonly name = 'WeightsError'
}
