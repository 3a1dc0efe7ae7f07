/** Where the files of other processes and threads are: beside the bundle, or, run from the sources, where they stand. */
const sources = {
  compute: './compute.ts',
  decoder: './decoder.ts',
} as const

export type Entry = keyof typeof sources

/** Address of an entry's file: bundled into one flat folder, or TypeScript that Node runs as it is. */
export const entryUrl = (entry: Entry): URL =>
  import.meta.url.endsWith('.ts') ? new URL(sources[entry], import.meta.url) : new URL(`./${entry}.js`, import.meta.url)
