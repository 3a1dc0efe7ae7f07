/** One figure beside that of a named peer or a physical limit, both from the same run where the peer can be run. */
export interface Row {
  name: string
  unit: string
  ours: number
  peer: number | null
  peerName: string
  /** ours / peer. */
  ratio: number | null
}

export const row = (name: string, unit: string, ours: number, peer: number | null, peerName: string): Row => ({
  name,
  unit,
  ours,
  peer,
  peerName,
  ratio: peer === null || peer === 0 ? null : ours / peer,
})

export interface BenchOptions {
  /** Part of the names of the rows that are wanted; all unless given. `engine` and `inference` look at it: their rows take long. */
  readonly only?: string | undefined
  /** A number that stands among the names: how many kills `resume` survives. */
  readonly count?: number | undefined
}

export type Bench = (options: BenchOptions) => Promise<Row[]>
