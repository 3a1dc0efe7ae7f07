import { openSession } from '../runtime/index.ts'
import { Histogram } from './histogram.ts'
import type { OnnxGraph } from './onnx-graph.ts'

/** Photos as a classifier takes them. */
export interface PhotoBatch {
  /** [count, 3, H, W], red, green, blue in 0 … 1. */
  readonly data: Float32Array
  readonly shape: readonly number[]
}

/** What values of a graph come to on these photos. */
export async function observe(
  graph: OnnxGraph,
  values: readonly string[],
  photos: AsyncIterable<PhotoBatch>,
): Promise<Map<string, Histogram>> {
  const histograms = new Map(values.map((value) => [value, new Histogram()]))
  const session = await openSession(graph.write(values))
  try {
    for await (const image of photos) {
      const outputs = await session.run({ image })
      for (const [value, histogram] of histograms) histogram.add(outputs[value]?.data as Float32Array)
    }
  } finally {
    await session.close()
  }
  return histograms
}
