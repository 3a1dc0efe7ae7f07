import { resolve } from 'node:path'
import { drawSample, type Sample } from '../../dataset/sample.ts'
import { FleuronError } from '../../../shared/errors.ts'
import { onInterrupt } from '../interrupt.ts'
import { showProgress } from '../progress.ts'

export async function sample(options: { to: string }): Promise<Sample> {
  const progress = showProgress()
  const stop = new AbortController()
  const release = onInterrupt(() => stop.abort(new FleuronError('cancelled', 'Stopped.')))
  return drawSample(resolve(options.to), {
    signal: stop.signal,
    onProgress: (done, total) => progress.update('Drawing the sample', done, total, 'pictures'),
  }).finally(() => {
    release()
    progress.end()
  })
}
