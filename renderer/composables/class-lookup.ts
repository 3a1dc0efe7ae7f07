/** How classes that a model knows are shown: with the key and colour of the project's class, if it is still there. */
import type { ClassInfo } from '../../shared/project.ts'
import { useProject } from '../stores/project.ts'

export type ShownClass = Pick<ClassInfo, 'key' | 'position' | 'name'>

/** A class that the project no longer has. */
const gone = (name: string, place: number): ShownClass => ({ key: null, name, position: Math.max(0, place) })

export function useClassLookup(): {
  /** `known`: the model's classes in their order, for those that the project no longer has. */
  byId: (id: string, known: readonly { id: string; name: string }[]) => ShownClass
  byName: (name: string, known: readonly string[]) => ShownClass
} {
  const project = useProject()
  return {
    byId: (id, known) => {
      const place = known.findIndex((each) => each.id === id)
      return project.classById(id) ?? gone(known[place]?.name ?? '?', place)
    },
    byName: (name, known) => project.classes.find((info) => info.name === name) ?? gone(name, known.indexOf(name)),
  }
}
