/** Kills runs at random moments and takes them up again: do they end bit for bit as if they had not been disturbed? */
import { isDeepStrictEqual } from 'node:util'
import { everything, killAndResume, remainsOf, trainUntilKilled } from '../electron/train/run/kill-testing.ts'
import { drawShapes, quickSettings, shapesInput, temporaryFolder } from '../electron/train/testing.ts'
import type { TrainJobResult } from '../electron/train/run/train-job.ts'
import { row, type Bench } from './rows.ts'
import { join } from 'node:path'

const usualKills = 200

export const bench: Bench = async ({ count = usualKills }) => {
  using folder = temporaryFolder()
  await drawShapes(join(folder.path, 'photos'), 20)
  const settings = quickSettings('scratch', everything)
  const inputOf = (run: string) => ({ ...shapesInput(folder.path, settings, { run }), checkpointSeconds: 0.02 })
  const undisturbed = inputOf('undisturbed')
  const began = performance.now()
  const expected = remainsOf(undisturbed, (await trainUntilKilled(undisturbed, null)) as TrainJobResult)
  const lifetime = performance.now() - began
  let [runs, equal, kills] = [0, 0, 0]
  await killAndResume({
    kills: count,
    inputOf: (run) => inputOf(String(run)),
    lifetime,
    ended: (remains, killed) => {
      runs++
      kills += killed
      equal += Number(isDeepStrictEqual(remains, expected))
      process.stderr.write(`  ${kills} kills, ${equal} of ${runs} runs equal to the last bit\n`)
    },
  })
  return [row(`runs equal to the last bit after ${kills} kills`, 'runs', equal, runs, 'all of them')]
}
