import type { AugmentService } from '../../shared/contract.ts'
import type { SavedPolicy } from '../../shared/augment.ts'
import { Emitter } from '../project/emitter.ts'
import type { OpenProject } from '../project/open-project.ts'
import { removePolicy, savedPoliciesOf, savePolicy } from '../project/policies.ts'
import type { ComputeClient } from '../train/compute/compute-client.ts'
import { previewAugmentation, previewExtremes } from '../train/preview/preview.ts'

export function createAugmentService({
  project,
  compute,
}: {
  project: OpenProject
  compute: ComputeClient
}): AugmentService {
  const changed = new Emitter<SavedPolicy[]>()
  const tell = (): void => changed.emit(savedPoliciesOf(project.current()))
  return {
    preview: (input) => previewAugmentation(project.current(), compute, input),
    extremes: (input) => previewExtremes(project.current(), compute, input),
    policies: async () => savedPoliciesOf(project.current()),
    save: async ({ name, policy }) => {
      const saved = savePolicy(project.current(), name, policy)
      tell()
      return saved
    },
    remove: async ({ id }) => {
      removePolicy(project.current(), id)
      tell()
    },
    onChanged: changed.event,
  }
}
