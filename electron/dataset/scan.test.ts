import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Library } from '../project/library.ts'
import { temporaryFolder } from '../project/testing.ts'
import { interpret } from './folder-layout.ts'
import { inspectFolder, scanFolder } from './scan.ts'
import { imported, photoFolder, writeFiles } from './testing.ts'

/** Names only are looked at, so files need no content here. */
function folderWith(...paths: string[]): string {
  const folder = temporaryFolder()
  writeFiles(folder, Object.fromEntries(paths.map((path) => [path, ''])))
  return folder
}

const library = (): Library => new Library(temporaryFolder())

test('class folders with photos at any depth, junk passed over', async () => {
  const folder = folderWith(
    'rose/1.jpg',
    'rose/garden/2.JPEG',
    'rose/garden/deep/3.png',
    'tulip/1.webp',
    'tulip/notes.txt',
    '.DS_Store',
    'Thumbs.db',
    'rose/desktop.ini',
    'rose/._1.jpg',
    '.hidden/1.jpg',
    '__MACOSX/rose/1.jpg',
  )
  expect(await inspectFolder(folder, library())).toMatchObject({
    folder,
    layout: 'classes',
    classes: [
      { name: 'rose', count: 3 },
      { name: 'tulip', count: 1 },
    ],
    loosePhotos: 0,
    photos: 4,
    caseConflicts: [],
    warnings: [],
    existing: null,
  })
})

test('unlabelled, mixed and empty folders', async () => {
  expect(await inspectFolder(folderWith('1.jpg', '2.tif', '3.avif', '4.gif'), library())).toMatchObject({
    layout: 'unlabelled',
    photos: 4,
    loosePhotos: 4,
    warnings: [],
  })
  expect(await inspectFolder(folderWith('1.jpg', 'rose/1.jpg'), library())).toMatchObject({
    layout: 'mixed',
    loosePhotos: 1,
    warnings: ['1 photo lies beside the class folders and comes in without a label.'],
  })
  expect(await inspectFolder(folderWith('notes.txt', 'sub/data.csv'), library())).toMatchObject({
    layout: 'empty',
    photos: 0,
  })
})

test('photos that cannot be opened are counted by kind', async () => {
  const { warnings } = await scanFolder(folderWith('a/1.jpg', 'a/2.HEIC', 'a/3.heic', 'a/4.CR2'))
  expect(warnings).toEqual([
    '2 HEIC files were passed over, which Fleuron cannot open; save them as JPEG or PNG to use them.',
    '1 CR2 file was passed over, which Fleuron cannot open; save them as JPEG or PNG to use them.',
  ])
})

test('train, validation and test folders on top keep their splits', async () => {
  const scan = await scanFolder(
    folderWith(
      'train/rose/1.jpg',
      'train/tulip/2.jpg',
      'Val/rose/3.jpg',
      'Val/tulip/4.jpg',
      'test/rose/5.jpg',
      'test/6.jpg',
    ),
  )
  expect(scan.classes).toEqual(['rose', 'tulip'])
  expect(Object.fromEntries(scan.photos.map(({ path, className, split }) => [path, [className, split]]))).toEqual({
    'train/rose/1.jpg': ['rose', 'train'],
    'train/tulip/2.jpg': ['tulip', 'train'],
    'Val/rose/3.jpg': ['rose', 'validation'],
    'Val/tulip/4.jpg': ['tulip', 'validation'],
    'test/rose/5.jpg': ['rose', 'test'],
    'test/6.jpg': [null, 'test'],
  })
})

test('without validation folders, validation photos are left to be taken from the training photos', () => {
  const { photos, layout } = interpret(['train/a/1.jpg', 'train/b/2.jpg', 'test/a/3.jpg', 'test/b/4.jpg'])
  expect(layout.splits.toSorted()).toEqual(['test', 'train'])
  expect(photos.map(({ split }) => split)).toEqual([null, null, 'test', 'test'])
})

const classesOf = (...files: string[]): string[] => interpret(files).classes

test('folders that are only called so are classes', () => {
  expect(classesOf('train/1.jpg', 'bus/1.jpg')).toEqual(['bus', 'train'])
  expect(classesOf('train/1.jpg', 'test/1.jpg')).toEqual(['test', 'train'])
  expect(classesOf('train/a/1.jpg', 'test/b/1.jpg')).toEqual(['test', 'train'])
  expect(classesOf('train/a/1.jpg', 'train/b/1.jpg')).toEqual(['a', 'b'])
})

const understood = (...files: string[]): [string[], string] => {
  const { classes, layout } = interpret(files)
  return [classes, layout.base]
}

test('a lone folder around the classes is stepped into; a lone class is not', () => {
  expect(understood('flowers/rose/1.jpg', 'flowers/tulip/1.jpg')).toEqual([['rose', 'tulip'], 'flowers/'])
  expect(understood('a/b/rose/1.jpg', 'a/b/tulip/x/1.jpg')).toEqual([['rose', 'tulip'], 'a/b/'])
  expect(understood('set/train/a/1.jpg', 'set/val/a/1.jpg')).toEqual([['a'], 'set/'])
  expect(understood('rose/1.jpg', 'rose/2.jpg')).toEqual([['rose'], ''])
  expect(understood('rose/2024/1.jpg')).toEqual([['rose'], ''])
  expect(understood('rose/1.jpg', 'rose/near/1.jpg', 'rose/far/1.jpg')).toEqual([['rose'], ''])
  expect(understood('1.jpg', 'flowers/rose/1.jpg', 'flowers/tulip/1.jpg')).toEqual([['flowers'], ''])
})

test('class folders that differ in case or Unicode form only are told', () => {
  expect(interpret(['Rose/1.jpg', 'rose/2.jpg', 'tulip/1.jpg']).caseConflicts).toEqual([['Rose', 'rose']])
  expect(interpret(['caf\u00e9/1.jpg', 'cafe\u0301/2.jpg', 'cafe/1.jpg']).caseConflicts).toHaveLength(1)
})

test('links: files and folders elsewhere are followed, loops and links to nowhere are not', async () => {
  const folder = folderWith('rose/1.jpg', 'tulip/1.jpg')
  const elsewhere = folderWith('deep/2.jpg', '3.jpg')
  symlinkSync(folder, join(folder, 'rose', 'up'))
  symlinkSync(join(folder, 'tulip'), join(folder, 'favourites'))
  symlinkSync(elsewhere, join(folder, 'daisy'))
  symlinkSync(join(elsewhere, '3.jpg'), join(folder, 'tulip', '3.jpg'))
  symlinkSync(join(elsewhere, 'none.jpg'), join(folder, 'tulip', 'none.jpg'))
  symlinkSync('self.jpg', join(folder, 'self.jpg'))
  const scan = await scanFolder(folder)
  expect(scan.photos.map(({ path }) => path).toSorted()).toEqual([
    'daisy/3.jpg',
    'daisy/deep/2.jpg',
    'rose/1.jpg',
    'tulip/1.jpg',
    'tulip/3.jpg',
  ])
  expect(scan.warnings).toHaveLength(2)
  expect(scan.warnings[0]).toMatch(/^Links to folders that were read already were passed over: .*rose\/up/)
  expect(scan.warnings[1]).toMatch(/^Links that lead nowhere were passed over: .*none.jpg/)
})

test('very long names, Unicode, control characters and odd folders', async () => {
  const names = [
    `${'a'.repeat(251)}.jpg`,
    'Blüte 🌹.jpg',
    '日本.jpg',
    'line\nbreak.jpg',
    'quo\'te".jpg',
    ' .jpg',
    'x.jpg.png',
  ]
  const folder = folderWith(...names.map((name) => `class/${name}`))
  mkdirSync(join(folder, 'class', 'folder.jpg'))
  const scan = await scanFolder(folder)
  expect(scan.photos.map(({ path }) => path).toSorted()).toEqual(names.map((name) => `class/${name}`).toSorted())
})

test('names that are not Unicode are told and do not stop the rest', async ({ skip }) => {
  const folder = folderWith('rose/1.jpg')
  try {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/rose/`), Buffer.from([0xff, 0xfe]), Buffer.from('.jpg')]), '')
  } catch {
    process.stdout.write('NOT RUN: this file system accepts Unicode names only\n')
    skip()
  }
  const scan = await scanFolder(folder)
  expect(scan.photos).toHaveLength(1)
  expect(scan.warnings[0]).toMatch(/not valid Unicode cannot be opened; rename rose\//)
})

test('a folder that is not there, or is a file', async () => {
  const folder = folderWith('a.txt')
  await expect(scanFolder(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' })
  await expect(scanFolder(join(folder, 'a.txt'))).rejects.toMatchObject({ code: 'not-found' })
})

test('the project made from a folder is found again', async () => {
  const folder = await photoFolder(['rose/1.jpg', 'tulip/1.jpg'])
  const { project, library: made } = await imported(folder)
  expect((await inspectFolder(folder, made)).existing).toMatchObject({ id: project.id, directory: project.directory })
})

test('without permission: a folder within becomes a warning, the folder itself an error, a file a reason', async ({
  skip,
}) => {
  const folder = await photoFolder(['rose/1.jpg', 'tulip/1.jpg', 'daisy/1.jpg'])
  chmodSync(folder, 0o755)
  chmodSync(join(folder, 'daisy', '1.jpg'), 0o000)
  chmodSync(join(folder, 'tulip'), 0o000)
  const closed = temporaryFolder()
  chmodSync(closed, 0o000)
  const script = `
    import { scanFolder } from ${JSON.stringify(new URL('./scan.ts', import.meta.url).href)}
    import { unreadableReason } from ${JSON.stringify(new URL('./decode.ts', import.meta.url).href)}
    const scan = await scanFolder(${JSON.stringify(folder)})
    const error = await scanFolder(${JSON.stringify(closed)}).catch((error) => error.toValue())
    const reason = await unreadableReason(new Error('x'), ${JSON.stringify(join(folder, 'daisy', '1.jpg'))})
    console.log(JSON.stringify({ photos: scan.photos.map(({ path }) => path), warnings: scan.warnings, error, reason }))`
  const root = process.getuid?.() === 0
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', '--input-type=module', '-e', script],
      // Root may read everything: the test is made by nobody.
      root ? { uid: 65534, gid: 65534, cwd: folder } : {},
    )
    expect(JSON.parse(stdout)).toMatchObject({
      photos: expect.arrayContaining(['rose/1.jpg', 'daisy/1.jpg']),
      warnings: ['Your account may not read tulip; change the permissions, then look at the folder again.'],
      error: { code: 'not-permitted' },
      reason: 'Your account may not read this file; change its permissions, or exclude the photo.',
    })
  } catch (error) {
    if (!(
      error instanceof Error &&
      'stderr' in error &&
      /EACCES|EPERM/.test(`${error.message}${String(error.stderr)}`)
    ))
      throw error
    process.stdout.write('NOT RUN: the test runs as root and could not drop its privileges\n')
    skip()
  } finally {
    chmodSync(closed, 0o700)
    chmodSync(join(folder, 'tulip'), 0o700)
  }
})
