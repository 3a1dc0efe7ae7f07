import { computed, type ComputedRef } from 'vue'
import type { KeyHint } from '../../components/key-hint.ts'
import { capOf } from '../../keymap.ts'
import { useProject } from '../../stores/project.ts'

/** The keys that act on the photo in hand, for the foot of the screen. */
export function useReviewHints(): { hints: ComputedRef<KeyHint[]> } {
  const project = useProject()
  const hints = computed<KeyHint[]>(() => {
    const keys = project.classes.flatMap((info) => (info.key === null ? [] : [info.key.toUpperCase()]))
    const [first, last] = [keys[0], keys.at(-1)]
    return [
      ...(first === undefined || last === undefined
        ? []
        : [{ caps: first === last ? [first] : [first, last], between: '–', does: 'relabel' }]),
      { caps: [capOf('open')], does: 'label is right' },
      { caps: [capOf('exclude')], does: 'exclude' },
      { caps: [capOf('zoom')], does: '100 %' },
      { caps: [capOf('previousCell'), capOf('nextCell')], does: 'next mistake' },
      { caps: [capOf('undo')], does: 'undo' },
      { caps: [capOf('classByName')], does: 'class by name', wide: project.classes.length <= 9 },
      { caps: [capOf('help')], does: 'all keys' },
    ]
  })
  return { hints }
}
