import { onBeforeUnmount, onMounted, ref } from 'vue'
import { useField } from '../../stores/field.ts'
import { useToasts } from '../../stores/toasts.ts'
import { checked, filesOf, type Dropped } from './dropped-files.ts'

/** Photos that are dropped on the screen or pasted into it are classified by the chosen model. */
export function useDroppedPhotos() {
  const field = useField()
  const toasts = useToasts()
  /** Photos are being held over the screen. */
  const over = ref(false)

  const use = (dropped: Dropped) => {
    over.value = false
    if ('refused' in dropped) toasts.failed({ code: 'invalid-input', message: dropped.refused })
    else if (dropped.files.length > 0) void field.classifyFiles(dropped.files)
  }
  const take = (files: readonly File[]) => use(checked([...files]))

  const held = (event: DragEvent) => {
    event.preventDefault()
    over.value = field.model !== null && event.dataTransfer?.types.includes('Files') === true
  }
  const left = (event: DragEvent) => {
    // It also leaves one element for another of the same screen.
    const { currentTarget, relatedTarget } = event
    if (!(currentTarget instanceof Node && relatedTarget instanceof Node && currentTarget.contains(relatedTarget)))
      over.value = false
  }
  const dropped = (event: DragEvent) => {
    event.preventDefault()
    if (event.dataTransfer !== null && field.model !== null) use(filesOf(event.dataTransfer))
  }
  const pasted = (event: ClipboardEvent) => {
    const { clipboardData } = event
    if (clipboardData === null || clipboardData.files.length === 0 || field.model === null) return
    event.preventDefault()
    use(filesOf(clipboardData))
  }
  onMounted(() => document.addEventListener('paste', pasted))
  onBeforeUnmount(() => document.removeEventListener('paste', pasted))

  return { over, dropHandlers: { dragenter: held, dragover: held, dragleave: left, drop: dropped }, take }
}
