import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeFolder } from './make-folder.ts'

test('makes what is missing, takes what is there, and says why it cannot', () => {
  const root = mkdtempSync(join(tmpdir(), 'fleuron-folder-'))
  try {
    makeFolder(join(root, 'a', 'b', 'c'))
    makeFolder(join(root, 'a', 'b', 'c'))
    expect(existsSync(join(root, 'a', 'b', 'c'))).toBe(true)
    writeFileSync(join(root, 'file'), '')
    expect(() => makeFolder(join(root, 'file'))).toThrow(/EEXIST/)
    expect(() => makeFolder(join(root, 'file', 'below'))).toThrow(/EEXIST|ENOTDIR/)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

test.skipIf(!existsSync('/proc/self'))('ends where no folder can be made', () => {
  expect(() => makeFolder('/proc/fleuron/below')).toThrow(/ENOENT|EACCES/)
})
