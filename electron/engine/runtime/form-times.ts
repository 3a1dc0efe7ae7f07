/**
 * Which form of each convolution is the fastest on this machine. Measured at first use, since no estimate holds for every
 * processor, and kept in the user's cache folder; a run stores what it used with its execution. While the machine is too
 * busy with other things nothing is learnt, and estimates choose.
 */
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import envPaths from 'env-paths'
import writeFileAtomic from 'write-file-atomic'
import { convolutionsOf, lower, sizeOf, writeModel } from '../graph/index.ts'
import type { ConvolutionChoice, Tensor } from '../graph/index.ts'
import { openSession, runtimeVersion } from './session.ts'
import type { Session, TensorValue } from './session.ts'

/** By key of the convolution, the name of a form. */
export type Forms = Readonly<Record<string, string>>

export interface FormMachine {
  readonly threads: number
  readonly block: number | null
}

/** Below this cost an estimate is good enough; forms that it finds so much slower are not tried. */
const worthMeasuring = 2e8
const worthTrying = 2
/** How much faster than the estimated best another form must be. */
const convincing = 0.93
/**
 * A shortest time is believed when so many runs come near it: other work on the machine lengthens runs, and never the
 * same way thrice. Some runs in a pause of the other work are enough.
 */
const agreeing = 3
const near = 1.1
const mostRuns = 16
/** What is so much slower than the fastest is not run again. */
const hopeless = 1.5
/** After so many convolutions whose runs did not agree the machine is left to its other work. */
const patience = 3

const cacheFile = (): string =>
  join(process.env['FLEURON_CACHE'] || envPaths('fleuron', { suffix: '' }).cache, 'convolution-forms.json')

type Known = Record<string, Record<string, string>>

function readKnown(): Known {
  try {
    return JSON.parse(readFileSync(cacheFile(), 'utf8')) as Known
  } catch {
    // Not there yet, or cut off: measured anew.
    return {}
  }
}

/** A cache that cannot be written costs the time of measuring again, nothing else. */
async function remember(machine: string, forms: Forms): Promise<void> {
  const known = readKnown()
  try {
    await mkdir(dirname(cacheFile()), { recursive: true })
    await writeFileAtomic(cacheFile(), JSON.stringify({ ...known, [machine]: { ...known[machine], ...forms } }))
  } catch {
    return
  }
}

async function open(choice: ConvolutionChoice, name: string, { threads, block }: FormMachine): Promise<Session> {
  const forms = { [choice.key]: name }
  const model = lower({ y: choice.alone }, { device: 'cpu', forms, ...(block === null ? {} : { block }) })
  return openSession(writeModel(model), { threads })
}

interface Side {
  readonly name: string
  readonly session: Session
  /** In milliseconds, the shortest first. */
  times: number[]
}

const asleep = new Int32Array(new SharedArrayBuffer(4))

/**
 * Milliseconds that this thread has worked, which takes its part in every operator and so is at work as long as a run
 * would last if nothing else kept the processor busy. Windows counts in steps of 16 ms, so there it is the wall time.
 */
function clock(): number {
  if (process.platform === 'win32') return performance.now()
  // Some Linux kernels settle a thread's account only every 4 ms, as long as a convolution, or when it goes to sleep.
  Atomics.wait(asleep, 0, 0, 0.01)
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const shortest = ({ times: [least = Infinity] }: Side): number => least
const isBelieved = (side: Side): boolean => (side.times[agreeing - 1] ?? Infinity) < shortest(side) * near

/** Of the forms, which take turns, the one with the shortest run; undefined where other work on the machine disturbs. */
async function measure(choice: ConvolutionChoice, names: string[], machine: FormMachine): Promise<string | undefined> {
  const feeds = Object.fromEntries(
    choice.alone.inputs.map(({ shape }, index): [string, TensorValue] => {
      const fixed = shape.map(Number)
      return [`input ${index}`, { data: new Float32Array(sizeOf(fixed)).fill(0.5), shape: fixed }]
    }),
  )
  const sides: Side[] = []
  try {
    for (const name of names) sides.push({ name, session: await open(choice, name, machine), times: [] })
    for (const { session } of sides) await session.run(feeds)
    for (let run = 0; run < mostRuns; run++) {
      const limit = hopeless * Math.min(...sides.map(shortest))
      const running = sides.filter((side) => shortest(side) < limit || side.times.length < agreeing)
      if (running.every(isBelieved)) break
      for (const side of running) {
        const began = clock()
        await side.session.run(feeds)
        side.times = [...side.times, clock() - began].sort((a, b) => a - b)
      }
    }
  } finally {
    for (const { session } of sides) await session.close()
  }
  const [estimated] = sides
  const best = sides.reduce((fastest, side) => (shortest(side) < shortest(fastest) ? side : fastest))
  if (estimated === undefined || !isBelieved(best)) return undefined
  return shortest(best) < shortest(estimated) * convincing ? best.name : estimated.name
}

/** The form of every convolution that the outputs need, by its key. */
export async function fastestForms(outputs: readonly Tensor[], machine: FormMachine): Promise<Forms> {
  const { threads, block } = machine
  const label = [cpus()[0]?.model ?? '', `${threads} threads`, `block ${block}`, await runtimeVersion()].join(', ')
  const known = readKnown()[label] ?? {}
  const learnt: Record<string, string> = {}
  const chosen: Record<string, string> = {}
  let disturbed = 0
  for (const choice of convolutionsOf(outputs, block ?? undefined)) {
    const { key } = choice
    const least = choice.forms[0]?.cost ?? 0
    const worthy = choice.forms.filter(({ cost }) => cost <= least * worthTrying).map(({ name }) => name)
    const [estimated = ''] = worthy
    const before = known[key]
    if (before !== undefined && worthy.includes(before)) chosen[key] = before
    else if (disturbed === patience || worthy.length === 1 || least < worthMeasuring) chosen[key] = estimated
    else {
      const found = await measure(choice, worthy, machine)
      if (found === undefined) disturbed++
      chosen[key] = found ?? estimated
      if (found !== undefined) learnt[key] = found
    }
  }
  if (Object.keys(learnt).length > 0) await remember(label, learnt)
  return chosen
}
