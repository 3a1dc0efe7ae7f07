/** A model file in ONNX Runtime as Fleuron opens it: {"rounds": n} on standard input, seconds on standard output. */
import { createInterface } from 'node:readline'
import { openSession } from '../electron/engine/index.ts'
import { stream } from '../electron/engine/random/index.ts'

const { model, batch, size, threads } = JSON.parse(process.argv[2] as string) as {
  model: string
  batch: number
  size: number
  threads: number
}
const data = stream({ seed: 1, purpose: 'photos' }).fillUniform(new Float32Array(batch * 3 * size * size))
const session = await openSession(model, { threads })
for await (const line of createInterface({ input: process.stdin })) {
  const { rounds } = JSON.parse(line) as { rounds: number }
  const began = performance.now()
  for (let round = 0; round < rounds; round++) {
    await session.run({ image: { data, shape: [batch, 3, size, size] } })
  }
  process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1000 })}\n`)
}
await session.close()
