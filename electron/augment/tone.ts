/** Changes of tone that RandAugment draws from, as torchvision and Pillow define them, on planes [3, n], in place. */

const levelOf = (value: number): number => Math.round(value * 255)

/** Keeps this many bits of every channel of 8. */
export function posterise(planes: Float32Array, bits: number): void {
  const mask = 0xff & ~((1 << (8 - bits)) - 1)
  for (let i = 0; i < planes.length; i++) planes[i] = (levelOf(planes[i] as number) & mask) / 255
}

/** Inverts what is as light as `threshold` or lighter. */
export function solarise(planes: Float32Array, threshold: number): void {
  for (let i = 0; i < planes.length; i++) {
    const value = planes[i] as number
    if (value >= threshold) planes[i] = 1 - value
  }
}

/** Stretches every channel from its darkest to its lightest value. */
export function autocontrast(planes: Float32Array): void {
  const n = planes.length / 3
  for (let from = 0; from < planes.length; from += n) {
    let [least, most] = [1, 0]
    for (let i = from; i < from + n; i++) {
      const value = planes[i] as number
      if (value < least) least = value
      if (value > most) most = value
    }
    if (most <= least) continue
    const factor = 1 / (most - least)
    for (let i = from; i < from + n; i++) planes[i] = ((planes[i] as number) - least) * factor
  }
}

const histogram = new Int32Array(256)
const table = new Float32Array(256)

/** Makes all levels of a channel about equally frequent. */
export function equalise(planes: Float32Array): void {
  const n = planes.length / 3
  for (let from = 0; from < planes.length; from += n) {
    histogram.fill(0)
    for (let i = from; i < from + n; i++) {
      const level = levelOf(planes[i] as number)
      histogram[level] = (histogram[level] as number) + 1
    }
    let lightest = 255
    while (histogram[lightest] === 0) lightest--
    // What is brighter than all but the lightest level is shared among 255 steps.
    const step = Math.floor((n - (histogram[lightest] as number)) / 255)
    if (step === 0) continue
    let below = Math.floor(step / 2)
    for (let level = 0; level < 256; level++) {
      table[level] = Math.min(255, Math.floor(below / step)) / 255
      below += histogram[level] as number
    }
    for (let i = from; i < from + n; i++) planes[i] = table[levelOf(planes[i] as number)] as number
  }
}
