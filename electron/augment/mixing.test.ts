import { describe, expect, test } from 'vitest'
import { crossEntropy, exportOnnx, input, openSession, reduceSum } from '../engine/index.ts'
import { describeShared, readShared } from '../engine/testing.ts'
import { cutMixOf, drawMix, mixMask, mixPhotos, mixShares, type Mix } from './mixing.ts'

type Images = number[][][][]
interface MixCase {
  batch: string
  lambda: number
  labelSmoothing: number
  correctedLambda: number
  targets: number[][]
  images: Images
  centre?: { row: number; column: number }
  box?: { top: number; bottom: number; left: number; right: number }
}
interface Oracle {
  batches: Record<string, { images: Images; labels: number[]; classes: number }>
  mixup: MixCase[]
  cutmix: MixCase[]
}

/** Runs the graph that training runs. */
async function mixed(images: Images, mix: Mix | null): Promise<Float32Array> {
  const [count, height, width] = [images.length, images[0]?.[0]?.length ?? 0, images[0]?.[0]?.[0]?.length ?? 0]
  const photos = mixPhotos(input('photos', [count, 3, height, width]), input('mask', [1, 1, height, width]))
  const session = await openSession(exportOnnx({ outputs: { mixed: photos }, parameters: new Map() }))
  const outputs = await session.run({
    photos: { data: Float32Array.from(images.flat(3)), shape: [count, 3, height, width] },
    mask: { data: mixMask(mix, [height, width]), shape: [1, 1, height, width] },
  })
  await session.close()
  return outputs['mixed']?.data as Float32Array
}

describeShared('mixing as timm does it', 'oracle/augment.json', () => {
  const oracle = readShared<Oracle>('oracle/augment.json')
  const cases = [
    ...oracle.mixup.map((each) => ({ name: `MixUp ${each.lambda}`, ...each })),
    ...oracle.cutmix.map((each) => ({ name: `CutMix ${each.lambda} at ${JSON.stringify(each.centre)}`, ...each })),
  ]
  test.each(cases)('$name, $batch', async ({ batch, lambda, labelSmoothing, correctedLambda, ...truth }) => {
    const { images, labels, classes } = oracle.batches[batch] as Oracle['batches'][string]
    const size = { height: images[0]?.[0]?.length ?? 0, width: images[0]?.[0]?.[0]?.length ?? 0 }
    const mix: Mix = truth.centre ? cutMixOf(lambda, truth.centre, size) : { kind: 'mixUp', share: lambda, box: null }
    expect(mix.share).toBeCloseTo(correctedLambda, 12)
    if (truth.box && mix.box) {
      const { left, top, width, height } = mix.box
      expect({ left, top, right: left + width, bottom: top + height }).toEqual(truth.box)
    }
    const pixels = await mixed(images, mix)
    truth.images.flat(3).forEach((value, i) => expect(Math.abs((pixels[i] as number) - value)).toBeLessThan(1e-6))
    const shares = mixShares(labels, classes, mix)
    // Smoothing belongs to the loss; being linear, it may come after mixing.
    truth.targets.flat().forEach((value, i) => {
      const smoothed = (shares[i] as number) * (1 - labelSmoothing) + labelSmoothing / classes
      expect(Math.abs(smoothed - value)).toBeLessThan(1e-6)
    })
  })
})

describe('what is drawn', () => {
  const size = { width: 96, height: 96 }
  const settings = { mixUp: 0.2, cutMix: 1, probability: 1, switchProbability: 0.5 }
  const count = 6000
  const drawn = (changes: Partial<typeof settings>): (Mix | null)[] =>
    Array.from({ length: count }, (_, step) => drawMix({ ...settings, ...changes }, { seed: 3, epoch: 2, step }, size))
  /** Six standard errors of a share. */
  const close = (share: number, truth: number): void =>
    expect(Math.abs(share - truth)).toBeLessThan(6 * Math.sqrt((truth * (1 - truth)) / count) + 1e-9)

  test('depends on seed, epoch and step alone', () => {
    const first = drawMix(settings, { seed: 1, epoch: 1, step: 1 }, size)
    expect(drawMix(settings, { seed: 1, epoch: 1, step: 1 }, size)).toEqual(first)
    for (const other of [
      { seed: 2, epoch: 1, step: 1 },
      { seed: 1, epoch: 2, step: 1 },
      { seed: 1, epoch: 1, step: 2 },
    ]) {
      expect(drawMix(settings, other, size)).not.toEqual(first)
    }
  })

  test('is mixed and switched as often as asked', () => {
    const mixes = drawn({ probability: 0.6, switchProbability: 0.25 })
    close(mixes.filter((mix) => mix !== null).length / count, 0.6)
    close(mixes.filter((mix) => mix?.kind === 'cutMix').length / count, 0.15)
    expect(drawn({ mixUp: 0 }).every((mix) => mix?.kind === 'cutMix')).toBe(true)
    expect(drawn({ cutMix: 0 }).every((mix) => mix?.kind === 'mixUp')).toBe(true)
    expect(drawn({ cutMix: 0, mixUp: 0 }).every((mix) => mix === null)).toBe(true)
  })

  test('MixUp’s shares are those of Beta', () => {
    const shares = drawn({ cutMix: 0, mixUp: 0.4 }).map((mix) => mix?.share ?? Number.NaN)
    const mean = shares.reduce((sum, share) => sum + share, 0) / count
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / count
    const truth = 1 / (4 * (2 * 0.4 + 1))
    expect(Math.abs(mean - 0.5)).toBeLessThan(6 * Math.sqrt(truth / count))
    expect(Math.abs(variance - truth)).toBeLessThan(0.01)
  })

  test('CutMix’s centres lie anywhere, and its share is that of the pixels', () => {
    const mixes = drawn({ mixUp: 0 })
    for (const mix of mixes) {
      const { box, share } = mix as Mix & { box: NonNullable<Mix['box']> }
      const mask = mixMask(mix, [96, 96])
      expect(mask.reduce((sum, value) => sum + value, 0) / 9216).toBeCloseTo(share, 6)
      expect(box.left >= 0 && box.top >= 0 && box.left + box.width <= 96 && box.top + box.height <= 96).toBe(true)
    }
    const small = mixes.flatMap((mix) => (mix?.box && mix.box.width > 0 && mix.box.width < 6 ? [mix.box] : []))
    const quarter = small.filter(({ left, top }) => left < 48 && top < 48).length / small.length
    expect(Math.abs(quarter - 0.25)).toBeLessThan(6 * Math.sqrt(0.1875 / small.length))
  })
})

test('a batch that stays as it is keeps its pixels and labels', async () => {
  const images = [0, 1, 2].map((photo) =>
    [0, 1, 2].map((c) => [
      [photo / 2, c / 2],
      [0.1, 0.7],
    ]),
  )
  expect([...(await mixed(images, null))]).toEqual([...Float32Array.from(images.flat(3))])
  expect([...mixShares([2, 0, 1], 3, null)]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0])
})

test('the loss of mixed targets is the mix of the losses', async () => {
  const loss = crossEntropy(input('logits', [2, 3]), input('shares', [2, 3]))
  const session = await openSession(exportOnnx({ outputs: { loss: reduceSum(loss) }, parameters: new Map() }))
  const logits = [1, -0.5, 0.25, 0, 2, -1]
  const shares = mixShares([0, 2], 3, { kind: 'mixUp', share: 0.7, box: null })
  const outputs = await session.run({
    logits: { data: Float32Array.from(logits), shape: [2, 3] },
    shares: { data: shares, shape: [2, 3] },
  })
  await session.close()
  const surprise = (row: number, label: number): number => {
    const own = logits.slice(row * 3, row * 3 + 3)
    return Math.log(own.reduce((sum, value) => sum + Math.exp(value), 0)) - (own[label] as number)
  }
  const truth = (0.7 * surprise(0, 0) + 0.3 * surprise(0, 2) + 0.7 * surprise(1, 2) + 0.3 * surprise(1, 0)) / 2
  expect(outputs['loss']?.data[0]).toBeCloseTo(truth, 5)
})
