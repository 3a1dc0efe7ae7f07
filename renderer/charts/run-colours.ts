/** Colours of compared runs: the first is the accent, the second is ink, the others are told apart beside them. */
const tokens = ['--accent', '--ink', '--run-3', '--run-4', '--run-5', '--run-6'] as const

/** As many runs as have a colour of their own; the number of a run stands beside every one of them. */
export const colouredRuns = tokens.length

/** Token of the run at this place among the selected ones; from the seventh on they share a grey. */
export const runToken = (place: number): `--${string}` => tokens[place] ?? '--ink-3'
