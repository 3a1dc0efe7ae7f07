import { defineStore } from 'pinia'
import { shallowRef, watch } from 'vue'
import type { SavedPolicy } from '../../shared/augment.ts'
import type { ErrorValue } from '../../shared/errors.ts'
import { presets, samePolicy, type Policy } from '../../shared/policy.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { useConnection } from './connection.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

/** Policies of augmentation that have a name in the open project. */
export const usePolicies = defineStore('policies', () => {
  const project = useProject()
  const toasts = useToasts()
  const saved = shallowRef<readonly SavedPolicy[]>([])

  const fetchAnew = async () => {
    if (project.project === null) return
    try {
      saved.value = await fleuron().augment.policies()
    } catch (failure) {
      toasts.failed(errorValue(failure))
    }
  }

  /** How a policy is called: a preset's title, the name it was saved by, or null. */
  const nameOf = (policy: Policy): string | null =>
    presets.find((preset) => samePolicy(preset.policy, policy))?.title ??
    saved.value.find((each) => samePolicy(each.policy, policy))?.name ??
    null

  /** Answers what stood in the way, or null. */
  const save = async (name: string, policy: Policy): Promise<ErrorValue | null> => {
    try {
      await fleuron().augment.save({ name, policy })
      toasts.done(`The policy is kept as “${name}”`)
      return null
    } catch (failure) {
      return errorValue(failure)
    }
  }

  const remove = async ({ id, name }: SavedPolicy) => {
    try {
      await fleuron().augment.remove({ id })
      toasts.done(`The policy “${name}” was removed; runs that used it keep it`)
    } catch (failure) {
      toasts.failed(errorValue(failure))
    }
  }

  fleuron().augment.onChanged((policies) => (saved.value = policies))
  useConnection().onReopened(() => void fetchAnew())
  watch(
    () => project.project?.id,
    () => {
      saved.value = []
      void fetchAnew()
    },
    { immediate: true },
  )

  return { saved, nameOf, save, remove }
})
