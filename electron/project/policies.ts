import { z } from 'zod'
import type { SavedPolicy } from '../../shared/augment.ts'
import { FleuronError } from '../../shared/errors.ts'
import { policy, type Policy } from '../../shared/policy.ts'
import { newId } from './ids.ts'
import type { Project } from './project.ts'

const key = 'policies'
const savedPolicies = z.array(z.object({ id: z.string(), name: z.string(), policy }))

/** Policies of augmentation that have a name in the project, by name. */
export function savedPoliciesOf(project: Project): SavedPolicy[] {
  const text = project.meta(key)
  return text === null ? [] : savedPolicies.parse(JSON.parse(text))
}

const write = (project: Project, policies: SavedPolicy[]): void =>
  project.setMeta(key, JSON.stringify(policies.sort((a, b) => a.name.localeCompare(b.name))))

/** Keeps a policy under a name; one of the same name is replaced. */
export function savePolicy(project: Project, name: string, value: Policy): SavedPolicy {
  const others = savedPoliciesOf(project)
  const same = others.find((each) => each.name.toLowerCase() === name.toLowerCase())
  const saved = { id: same?.id ?? newId(), name, policy: value }
  write(project, [...others.filter((each) => each !== same), saved])
  return saved
}

/** @throws FleuronError 'not-found' */
export function removePolicy(project: Project, id: string): void {
  const all = savedPoliciesOf(project)
  const rest = all.filter((each) => each.id !== id)
  if (rest.length === all.length) {
    throw new FleuronError('not-found', 'This policy is not in the project any more; choose another one.')
  }
  write(project, rest)
}
