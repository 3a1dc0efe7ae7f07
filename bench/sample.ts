/** The built-in sample: from drawing it to a tested model of the simple CNN. */
import { row, type Bench } from './rows.ts'
import { measureTraining } from './training.ts'

export const bench: Bench = async () => {
  const { result, seconds } = await measureTraining((services) => services.projects.openSample(), {
    model: 'simple_cnn',
    mode: 'scratch',
  })
  const [low, high] = result.test?.interval ?? [0, 1]
  return [
    row('sample, simple CNN: test accuracy', 'share', result.test?.accuracy ?? 0, 0.95, 'least it must reach'),
    row('sample, simple CNN: test accuracy, 95 % from', 'share', low, null, ''),
    row('sample, simple CNN: test accuracy, 95 % to', 'share', high, null, ''),
    row('sample, simple CNN: drawing to tested model', 's', seconds, 60, 'most it may take'),
  ]
}
