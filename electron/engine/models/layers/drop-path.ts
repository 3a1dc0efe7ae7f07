const blocksOf = (depths: readonly number[]): number => depths.reduce((sum, depth) => sum + depth, 0)

/**
 * Stochastic depth as timm has it (Huang et al., 2016): the probability that a block's branch is left out rises in a line
 * from 0 at the first block to `highest` at the last, or in a longer line if `steps` says so. `depths` are the blocks of
 * the stages.
 */
export function linearRise(
  highest: number,
  depths: readonly number[],
  steps = blocksOf(depths) - 1,
): (stage: number, block: number) => number {
  return (stage, block) => (highest * (blocksOf(depths.slice(0, stage)) + block)) / Math.max(steps, 1)
}
