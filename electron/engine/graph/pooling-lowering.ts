/** How the gradient of max pooling becomes ONNX without the pooling's indices (slow on the CPU, absent on WebGPU). */
import type { Emitter } from './emitter.ts'
import type { Pair } from './primitives.ts'
import { staticShape, windowOutput } from './shapes.ts'
import type { Tensor } from './tensor.ts'

const lowest = -3.4028234663852886e38

/** x [images, rows · height, columns · width] → its rows · columns interleaved grids [images, height, width]. */
function pullApart(emit: Emitter, x: string, images: number, grids: Pair, [height, width]: Pair): string[][] {
  const columns = emit.split(emit.reshape(x, [images * height * grids[0], width, grids[1]]), grids[1], 2)
  const byColumn = columns.map((column) =>
    emit.split(emit.reshape(column, [images, height, grids[0], width]), grids[0], 2),
  )
  return Array.from({ length: grids[0] }, (_, row) =>
    byColumn.map((rows) => emit.reshape(rows[row] ?? '', [images, height, width])),
  )
}

/** The opposite of `pullApart`. */
function interleave(
  emit: Emitter,
  grids: readonly (readonly string[])[],
  images: number,
  [height, width]: Pair,
): string {
  const rows = grids.length
  const columns = grids[0]?.length ?? 1
  const filled = Array.from({ length: columns }, (_, column) => {
    const parts = grids.map((row) => emit.reshape(row[column] ?? '', [images, height, 1, width]))
    return emit.reshape(emit.concat(parts, 2), [images * height * rows, width, 1])
  })
  return emit.reshape(emit.concat(filled, 2), [images, height * rows, width * columns])
}

/** Windows side by side that cover the image exactly. */
function tiles({ attributes: { kernel, strides, pads }, shape }: Tensor<'maxPoolGradient'>): boolean {
  const exact = ([0, 1] as const).every(
    (axis) => kernel[axis] === strides[axis] && Number(shape[axis + 2]) % kernel[axis] === 0,
  )
  return exact && pads.every((size) => size === 0)
}

/**
 * The gradient for tiles: x is pulled apart by columns alone, the rows of a window stay together and the maximum is
 * stretched over them, so that less is copied. Among equal maxima the first row wins, then the first column.
 */
function lowerTiles(
  emit: Emitter,
  [x = '', pooled = '', gradient = '']: readonly string[],
  tensor: Tensor<'maxPoolGradient'>,
): string {
  const [rows, columns] = tensor.attributes.kernel
  const [batch = 1, channels = 1, height = 1, width = 1] = staticShape(tensor.shape)
  const [bands, across] = [(batch * channels * height) / rows, width / columns]
  const stretched = (value: string): string => emit.reshape(value, [bands, 1, across])
  const parts = emit.split(emit.reshape(x, [bands * rows, across, columns]), columns, 2)
  const isMaximum = parts.map((part) =>
    emit.node('Equal', [emit.reshape(part, [bands, rows, across]), stretched(pooled)]),
  )

  // Per row: whether it has the maximum while no row above it has.
  const anywhere = isMaximum.reduce((either, column) => emit.node('Or', [either, column]))
  let above: string | undefined
  const firstRows = emit.split(anywhere, rows, 1).map((row) => {
    const first: string = above === undefined ? row : emit.node('And', [row, emit.node('Not', [above])])
    above = above === undefined ? row : emit.node('Or', [above, row])
    return first
  })
  let free = emit.concat(firstRows, 1)
  const shares = isMaximum.map((column) => {
    const first = emit.node('And', [column, free])
    free = emit.node('And', [free, emit.node('Not', [column])])
    const share = emit.node('Mul', [emit.node('Cast', [first], { to: 1 }), stretched(gradient)])
    return emit.reshape(share, [bands * rows, across, 1])
  })
  return emit.reshape(emit.concat(shares, 2), [batch, channels, height, width])
}

/**
 * x is pulled apart into as many grids as the window moves pixels, so that each place of the window sees one contiguous
 * part of one grid. A place takes the gradient where x equals the maximum there and no earlier place did.
 */
export function lowerMaxPoolGradient(
  emit: Emitter,
  inputs: readonly string[],
  tensor: Tensor<'maxPoolGradient'>,
): string {
  if (tiles(tensor)) return lowerTiles(emit, inputs, tensor)
  const [x = '', pooled = '', gradient = ''] = inputs
  const { kernel, strides, pads } = tensor.attributes
  const [batch = 1, channels = 1, height = 1, width = 1] = staticShape(tensor.shape)
  const [outHeight, outWidth] = windowOutput([height, width], kernel, strides, pads)
  const images = batch * channels
  const grid: Pair = [
    Math.ceil((height + pads[0] + pads[2]) / strides[0]),
    Math.ceil((width + pads[1] + pads[3]) / strides[1]),
  ]
  const below = grid[0] * strides[0] - height - pads[0]
  const beside = grid[1] * strides[1] - width - pads[1]
  const flat = emit.reshape(x, [images, height, width])
  const grids = pullApart(emit, emit.pad(flat, [0, pads[0], pads[1], 0, below, beside], lowest), images, strides, grid)
  const maximum = emit.reshape(pooled, [images, outHeight, outWidth])
  const upstream = emit.reshape(gradient, [images, outHeight, outWidth])

  const sums: (string | undefined)[][] = grids.map((row) => row.map(() => undefined))
  let free: string | undefined
  for (let place = 0; place < kernel[0] * kernel[1]; place++) {
    const [row, column] = [Math.floor(place / kernel[1]), place % kernel[1]]
    const [down, right] = [Math.floor(row / strides[0]), Math.floor(column / strides[1])]
    const [gridRow, gridColumn] = [row % strides[0], column % strides[1]]
    const whole = grid[0] === outHeight && grid[1] === outWidth
    const source = grids[gridRow]?.[gridColumn] ?? ''
    const here = whole ? source : emit.slice(source, [1, 2], [down, right], [down + outHeight, right + outWidth])

    // The last place has the maximum if no other does.
    const isLast = place === kernel[0] * kernel[1] - 1
    const isMaximum = isLast && free !== undefined ? free : emit.node('Equal', [here, maximum])
    const first = free === undefined || isLast ? isMaximum : emit.node('And', [isMaximum, free])
    const other = emit.node('Not', [isMaximum])
    free = free === undefined ? other : emit.node('And', [free, other])

    const share = emit.node('Mul', [upstream, emit.node('Cast', [first], { to: 1 })])
    const after = [grid[0] - outHeight - down, grid[1] - outWidth - right] as const
    const placed = emit.pad(share, [0, down, right, 0, ...after])
    const sum = sums[gridRow]?.[gridColumn]
    sums[gridRow]?.splice(gridColumn, 1, sum === undefined ? placed : emit.node('Add', [sum, placed]))
  }
  const parts = sums.map((row) => row.map((sum) => sum ?? emit.zeros([images, ...grid])))
  const total = emit.pad(interleave(emit, parts, images, grid), [0, -pads[0], -pads[1], 0, -below, -beside])
  return emit.reshape(total, [batch, channels, height, width])
}
