import type { Host } from '../api/host.ts'

/** The application without a window: one command of the command line. */
export const terminalHost = (): Host => ({
  kind: 'browser',
  chooseFolder: async () => null,
  chooseFile: async () => null,
  reveal: async () => false,
})
