import { computed, type ComputedRef, type Ref } from 'vue'
import type { KeyHint } from '../../components/key-hint.ts'
import { capOf } from '../../keymap.ts'
import { useProject } from '../../stores/project.ts'

/** The keys that act on photos, for the foot of the screen. */
export function usePhotoHints(selected: Ref<number>): { hints: ComputedRef<KeyHint[]> } {
  const project = useProject()
  const hints = computed<KeyHint[]>(() => {
    const keys = project.classes.flatMap((info) => (info.key === null ? [] : [info.key.toUpperCase()]))
    const first = keys[0]
    const last = keys.at(-1)
    const classes: KeyHint[] =
      first === undefined || last === undefined
        ? [{ caps: ['1'], does: 'make the first class' }]
        : [{ caps: first === last ? [first] : [first, last], between: '–', does: 'set class' }]
    return [
      ...classes,
      { caps: [capOf('clear')], does: 'clear' },
      { caps: [capOf('select')], does: 'select' },
      { caps: [capOf('exclude')], does: 'exclude' },
      { caps: [capOf('flag')], does: 'flag' },
      { caps: [capOf('zoom')], does: '100 %' },
      ...(selected.value > 0 ? [{ caps: [capOf('selectNone')], does: 'select none' }] : []),
      { caps: [capOf('classByName')], does: 'class by name', wide: project.classes.length <= 9 },
      { caps: [capOf('previousUnlabelled')], does: 'previous unlabelled', wide: true },
      { caps: [capOf('selectAll')], does: 'all', wide: true },
      { caps: [capOf('help')], does: 'all keys' },
    ]
  })
  return { hints }
}
