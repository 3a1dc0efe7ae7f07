import { describe, expect, it } from 'vitest'
import type { SettingsService } from '../../shared/contract.ts'
import { FleuronError } from '../../shared/errors.ts'
import { createClient } from '../../shared/transport.ts'
import { dispatch } from './dispatch.ts'

const given: unknown[] = []
const settings: SettingsService = {
  get: async () => ({ theme: 'dark', autoAdvance: true, weights: null, keys: {}, device: 'automatic', notify: true }),
  update: async (input) => {
    given.push(input)
    return { theme: 'dark', autoAdvance: true, weights: null, keys: {}, device: 'automatic', notify: true, ...input }
  },
  onChanged: () => () => undefined,
}
const services = {
  ...createClient({ call: () => expect.fail('This service should not be asked.'), subscribe: () => () => undefined }),
  settings,
}
const refused = (service: unknown, method: unknown, input?: unknown) =>
  dispatch(services, service, method, input).then(
    () => expect.fail('It should have been refused.'),
    (error: unknown) => error,
  )

describe('dispatch', () => {
  it('calls the method with the checked input and gives its answer', async () => {
    expect(await dispatch(services, 'settings', 'get', undefined)).toMatchObject({ theme: 'dark' })
    expect(await dispatch(services, 'settings', 'update', { theme: 'light', more: 1 })).toMatchObject({
      theme: 'light',
    })
    expect(given).toEqual([{ theme: 'light' }])
  })

  it.each([
    ['services', 'get'],
    ['settings', 'remove'],
    ['settings', 'constructor'],
    ['settings', '__proto__'],
    ['settings', 'hasOwnProperty'],
    ['__proto__', 'toString'],
    ['constructor', 'name'],
    ['settings', 'onChanged'],
    [undefined, undefined],
    [{ name: 'settings' }, 'get'],
  ])('refuses %s.%s', async (service, method) => {
    const error = await refused(service, method)
    expect(error).toBeInstanceOf(FleuronError)
    expect(error).toMatchObject({ code: 'invalid-input' })
  })

  it.each([
    ['settings', 'update', { theme: 'blue' }, '"theme" must be one of system, light, dark, but it is "blue".'],
    ['settings', 'update', { autoAdvance: 'yes' }, '"autoAdvance" must be true or false, but it is "yes".'],
    ['settings', 'update', 7, 'The input must be a group of fields, but it is 7.'],
    ['settings', 'get', { a: 1 }, 'The input must be left out.'],
    ['photos', 'ids', { filter: {}, order: 'size' }, '"order" must be one of name, date, class, but it is "size".'],
    [
      'photos',
      'page',
      { filter: {}, order: 'name', offset: -1, limit: 5 },
      '"offset" must be at least 0, but it is -1.',
    ],
    [
      'photos',
      'page',
      { filter: {}, order: 'name', offset: 0, limit: 5000 },
      '"limit" must be at most 1000, but it is 5000.',
    ],
    [
      'photos',
      'page',
      { filter: {}, order: 'name', offset: 0.5, limit: 5 },
      '"offset" must be a whole number, but it is 0.5.',
    ],
    ['labels', 'createClass', { name: '  ' }, '"name" must not be empty, but it is "  ".'],
    ['labels', 'set', { photos: ['a', 3], classId: null }, '"photos.1" must be text, but it is 3.'],
    ['projects', 'open', {}, '"directory" must be text, but it is missing.'],
    ['projects', 'open', { directory: 'a\0b' }, /"directory" is not right \(A path cannot contain a zero byte\)/],
  ])('says what is wrong with the input of %s.%s', async (service, method, input, message) => {
    expect(await refused(service, method, input)).toMatchObject({
      code: 'invalid-input',
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    })
  })

  it('hands on what the service throws', async () => {
    const failing: SettingsService = {
      ...settings,
      get: () => Promise.reject(new FleuronError('not-permitted', 'No.')),
    }
    await expect(dispatch({ ...services, settings: failing }, 'settings', 'get', undefined)).rejects.toThrow('No.')
  })
})
