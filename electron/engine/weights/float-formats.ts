/**
 * Widening of the floating-point formats of safetensors to float32. All are exact but F64, which is rounded.
 */

const word = new Uint32Array(1)
const real = new Float32Array(word.buffer)

/** IEEE half precision: 1 sign, 5 exponent, 10 mantissa bits. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}

/** bfloat16: the upper half of a float32. */
export function fromBfloat16(bits: number): number {
  word[0] = bits << 16
  return real[0] as number
}
