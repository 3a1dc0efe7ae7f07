import type { ImageTier } from '../../shared/photo.ts'
import type { Picture } from '../dataset/pictures.ts'

/** Photographs by id, for the `images/…` addresses of shared/photo.ts. Rejects with FleuronError. */
export interface Images {
  photo(id: string, tier: ImageTier): Promise<Picture>
  field(session: string, index: number, tier: ImageTier): Promise<Picture>
}
