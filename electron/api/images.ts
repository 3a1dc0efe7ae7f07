import type { ImageTier } from '../../shared/photo.ts'

/** A photograph as it is sent to the window. */
export interface ServedImage {
  bytes: Uint8Array<ArrayBuffer>
  mediaType: string
  /** Changes when the bytes do, e.g. `"3f2a…"` with its quotes: an HTTP entity tag. */
  tag: string
}

/** Photographs by id, for the `images/…` addresses of shared/photo.ts. Rejects with FleuronError. */
export interface Images {
  photo(id: string, tier: ImageTier): Promise<ServedImage>
  field(session: string, index: number, tier: ImageTier): Promise<ServedImage>
}
