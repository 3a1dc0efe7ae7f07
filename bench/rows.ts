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

export type Bench = () => Promise<Row[]>
