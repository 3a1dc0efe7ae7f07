import packageJson from '../../package.json' with { type: 'json' }

/** The commit of the sources, put there by the build (electron.vite.config.ts); not there when they run as they are. */
declare const __COMMIT__: string

/** The code that a run was trained with, e.g. "0.1.0+83ce7bb": the version, and the commit where it is known. */
export const codeVersion: string = [packageJson.version, typeof __COMMIT__ === 'string' ? __COMMIT__ : '']
  .filter((part) => part !== '')
  .join('+')
