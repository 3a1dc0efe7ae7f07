/** Up and down among tiles that stand in several grids: by where they are on the screen, not by their number. */
export interface Box {
  left: number
  top: number
  width: number
}

/**
 * Index of the tile in the next row above (-1) or below (1) whose middle lies nearest to that of tile `from`; `from`
 * itself where there is no such row.
 */
export function nearestInNextRow(boxes: readonly Box[], from: number, direction: 1 | -1): number {
  const start = boxes[from]
  if (start === undefined) return from
  const middle = (box: Box): number => box.left + box.width / 2
  // Tiles of a row share their top; half a pixel is rounding.
  const beyond = boxes.filter((box) => direction * (box.top - start.top) > 0.5)
  if (beyond.length === 0) return from
  const row = direction * Math.min(...beyond.map((box) => direction * box.top))
  let best = from
  let distance = Number.POSITIVE_INFINITY
  boxes.forEach((box, index) => {
    const away = Math.abs(middle(box) - middle(start))
    if (Math.abs(box.top - row) <= 0.5 && away < distance) {
      best = index
      distance = away
    }
  })
  return best
}
