/** How photos lie in the grid. All sizes in CSS pixels. */
export const gap = 2

export const tileSizes = { min: 88, max: 400, usual: 156 } as const

export interface Geometry {
  columns: number
  tile: number
  /** From the top of one row to the top of the next. */
  pitch: number
}

/** As many columns as fit tiles of about the wished size; never fewer than one. */
export function geometry(width: number, wished: number): Geometry {
  const columns = Math.max(1, Math.floor((width + gap) / (Math.min(wished, width) + gap)))
  const tile = Math.max(1, Math.floor((width - gap * (columns - 1)) / columns))
  return { columns, tile, pitch: tile + gap }
}

/** Thumbnails are 256 px on the shorter side; a tile that is a good deal larger on the screen wants the preview. */
export const tierFor = (tile: number, density: number): 'grid' | 'preview' =>
  tile * density > 360 ? 'preview' : 'grid'
