/** 1,500 real photos of five flowers: from opening the folder to a tested model. */
import { row, type Bench, type Row } from './rows.ts'
import { measureTraining, median, shared, type Measured } from './training.ts'

/** For the simple CNN where four minutes are all there is: reading photos and testing take the rest. */
const minutes = 3.5

function rowsOf(name: string, measured: Measured, accuracyPeer: [number, string], secondsLimit: number): Row[] {
  const { result, seconds, peakMemory } = measured
  const [low, high] = result.test?.interval ?? [0, 1]
  return [
    row(`${name}: test accuracy`, 'share', result.test?.accuracy ?? 0, ...accuracyPeer),
    row(`${name}: test accuracy, 95 % from`, 'share', low, null, ''),
    row(`${name}: test accuracy, 95 % to`, 'share', high, null, ''),
    row(`${name}: folder to tested model`, 's', seconds, secondsLimit, 'most it may take'),
    row(`${name}: peak memory of all processes`, 'MB', peakMemory / 1e6, 1500, 'most the frozen backbone may take'),
  ]
}

export const bench: Bench = async () => {
  const folder = shared('data/flowers')
  if (folder === null) return []
  const open = async (services: Parameters<Parameters<typeof measureTraining>[0]>[0]) =>
    services.projects.create({ folder })
  const rows: Row[] = []
  const weights = shared('weights')
  if (weights !== null) {
    process.env['FLEURON_WEIGHTS'] = weights
    const frozen = await measureTraining(open, { model: 'vit_tiny_patch16_224', mode: 'frozen' })
    rows.push(
      ...rowsOf('frozen ViT-Tiny', frozen, [0.944, 'a linear head on all 1,500, PyTorch'], 60),
      row('frozen ViT-Tiny: features', 'photos/s', frozen.featuresPerSecond ?? 0, 68, 'PyTorch 2.15, like machine'),
    )
  }
  const cnn = await measureTraining(open, { model: 'simple_cnn', mode: 'scratch' })
  const speed = median(cnn.record.history.map(({ imagesPerSecond }) => imagesPerSecond))
  const hurried = await measureTraining(open, { model: 'simple_cnn', mode: 'scratch', set: [`timeBudget=${minutes}`] })
  return [
    ...rows,
    ...rowsOf('simple CNN 96²', cnn, [0.78, 'the same recipe in 40 epochs, PyTorch'], 240),
    row('simple CNN 96²: training', 'photos/s', speed ?? 0, null, ''),
    ...rowsOf(`simple CNN 96², ${minutes} minutes`, hurried, [0.68, 'least it should reach'], 240),
  ]
}
