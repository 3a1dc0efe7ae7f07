import { resolve } from 'node:path'
import { drawSample, type Sample } from '../../dataset/sample.ts'
import { showProgress } from '../progress.ts'

export async function sample(options: { to: string }): Promise<Sample> {
  const progress = showProgress()
  return drawSample(resolve(options.to), {
    onProgress: (done, total) => progress.update('Drawing the sample', done, total, 'pictures'),
  }).finally(() => progress.end())
}
