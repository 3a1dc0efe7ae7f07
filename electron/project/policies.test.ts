import { expect, test } from 'vitest'
import { presetPolicy } from '../../shared/policy.ts'
import { removePolicy, savedPoliciesOf, savePolicy } from './policies.ts'
import { temporaryProject } from './testing.ts'

test('policies are kept by name, replaced under the same name, and removed', () => {
  const project = temporaryProject()
  expect(savedPoliciesOf(project)).toEqual([])
  const meadow = savePolicy(project, 'Wet meadow', presetPolicy('field'))
  savePolicy(project, 'Alpine', presetPolicy('light'))
  expect(savedPoliciesOf(project).map(({ name }) => name)).toEqual(['Alpine', 'Wet meadow'])

  const again = savePolicy(project, 'wet meadow', presetPolicy('strong'))
  expect(again.id).toBe(meadow.id)
  expect(savedPoliciesOf(project)).toContainEqual({ id: meadow.id, name: 'wet meadow', policy: presetPolicy('strong') })

  removePolicy(project, meadow.id)
  expect(savedPoliciesOf(project).map(({ name }) => name)).toEqual(['Alpine'])
  expect(() => removePolicy(project, meadow.id)).toThrow('not in the project any more')
})
