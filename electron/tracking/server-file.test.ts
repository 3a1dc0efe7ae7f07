import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../project/testing.ts'
import { accessFrom, ServerFile } from './server-file.ts'

const access = { url: 'http://host:5000', user: 'ada', password: 'secret', token: null }

it('keeps the server in a file that only its owner may read', () => {
  const home = temporaryFolder()
  const file = new ServerFile(home)
  expect(file.get()).toBeNull()
  let told = 0
  file.onChanged(() => told++)
  file.set(access)
  expect(new ServerFile(home).get()).toEqual(access)
  if (process.platform !== 'win32') expect(statSync(join(home, 'tracking.json')).mode & 0o777).toBe(0o600)
  file.set(null)
  expect(file.get()).toBeNull()
  expect(told).toBe(2)
  expect(readdirSync(home)).toEqual([])
})

it('puts a damaged file aside', () => {
  const home = temporaryFolder()
  writeFileSync(join(home, 'tracking.json'), '{"url":')
  expect(new ServerFile(home).get()).toBeNull()
  expect(readFileSync(join(home, 'tracking.json.damaged'), 'utf8')).toBe('{"url":')
})

it('makes an access of what was entered', () => {
  expect(accessFrom({ url: null }, access)).toBeNull()
  expect(accessFrom({ url: 'https://host/mlflow//' }, null)).toEqual({
    url: 'https://host/mlflow',
    user: null,
    password: null,
    token: null,
  })
  // A password in the address would be shown with it.
  expect(accessFrom({ url: 'http://ada:se%3Acret@host:5000/' }, null)).toEqual({ ...access, password: 'se:cret' })
  expect(accessFrom({ url: 'http://host:5000', token: 't' }, access)).toEqual({
    url: 'http://host:5000',
    user: null,
    password: null,
    token: 't',
  })
})

it('keeps the secret that is there while server and name are the same, and never sends it elsewhere', () => {
  expect(accessFrom({ url: 'http://host:5000/' }, access)).toEqual(access)
  expect(accessFrom({ url: 'http://host:5000', user: 'ada' }, access)).toEqual(access)
  expect(accessFrom({ url: 'http://host:5000', user: 'bob' }, access)).toMatchObject({ user: 'bob', password: null })
  expect(accessFrom({ url: 'http://host:5000', user: null }, access)).toMatchObject({ user: null, password: null })
  expect(accessFrom({ url: 'http://other:5000', user: 'ada' }, access)).toMatchObject({ password: null })
  expect(accessFrom({ url: 'http://other:5000' }, access)).toMatchObject({ user: null, password: null })
})
