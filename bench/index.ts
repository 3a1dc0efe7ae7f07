/** `npm run bench -- [name …] [number] [--only part of a row's name] [--json]`: figures, each beside a named peer or limit. */
import { parseArgs } from 'node:util'
import { table } from '../electron/cli/table.ts'
import type { Bench, Row } from './rows.ts'

const benches: Record<string, { about: string; load: () => Promise<{ bench: Bench }> }> = {
  flowers: { about: 'real photos: from a folder to a tested model', load: () => import('./flowers.ts') },
  accuracy: { about: 'real photos: how good each way of training becomes', load: () => import('./accuracy.ts') },
  sample: { about: 'the built-in sample: from drawing to a tested model', load: () => import('./sample.ts') },
  engine: { about: 'training steps and inference beside PyTorch', load: () => import('./engine.ts') },
  resume: { about: 'runs killed at random moments, 200 times or as often as said', load: () => import('./resume.ts') },
  inference: {
    about: 'full precision and bytes beside PyTorch, and whole folders',
    load: () => import('./inference.ts'),
  },
  augment: { about: 'decoding and augmenting beside torchvision', load: () => import('./augment.ts') },
  field: { about: 'classifying folders, known and unknown', load: () => import('./field.ts') },
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, only: { type: 'string' } },
})
const names = positionals.filter((each) => !/^\d+$/.test(each))
const count = positionals.filter((each) => /^\d+$/.test(each)).map(Number)[0]
const unknown = names.find((name) => !Object.hasOwn(benches, name))
if (unknown !== undefined) {
  const list = Object.entries(benches).map(([name, { about }]) => `  ${name}  ${about}`)
  process.stderr.write(`There is no bench "${unknown}". There are:\n${list.join('\n')}\n`)
  process.exit(2)
}

const rows: Row[] = []
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  process.stderr.write(`${name}: ${benches[name]?.about}\n`)
  const loaded = await benches[name]?.load()
  rows.push(...((await loaded?.bench({ ...values, count })) ?? []))
}

const figure = (value: number | null): string => (value === null ? '–' : String(Number(value.toPrecision(4))))
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
else {
  const cells = rows.map((row) => [
    row.name,
    row.unit,
    figure(row.ours),
    figure(row.peer),
    row.peerName,
    figure(row.ratio),
  ])
  process.stdout.write(`${table(['name', 'unit', 'ours', 'peer', 'what the peer is', 'ours / peer'], cells)}\n`)
}
