import { useRoute, useRouter } from 'vue-router'
import type { RunSummary } from '../../shared/training.ts'
import { fleuron } from '../fleuron.ts'
import { showNotice } from '../notices.ts'
import { useQueue } from '../stores/queue.ts'
import { useSettings } from '../stores/settings.ts'
import { useToasts } from '../stores/toasts.ts'
import { useTraining } from '../stores/training.ts'
import { endText } from './end-words.ts'

/** Tells the user that training has ended: in the window, and by the system where nobody looks at the window. */
export function useEndNotices(): void {
  const route = useRoute()
  const router = useRouter()
  const queue = useQueue()
  const training = useTraining()
  const settings = useSettings()
  const toasts = useToasts()
  const studiesRunning = new Set<string>()

  const runEnded = (run: RunSummary): void => {
    const text = endText(run, training.modelName(run))
    // A study tells its own end.
    if (text === null || run.study !== null) return
    const show = () => void router.push({ name: 'train', query: { run: run.id } })
    const looking = route.name === 'train' && route.query.run === run.id
    // What failed was said by its task.
    if (!looking && run.error === null) toasts.done(text, { action: { label: 'Show', run: show } })
    // Of many runs in a row the last one is worth an interruption, and what went wrong is.
    if (settings.settings.notify && (!queue.goesOn || run.error !== null)) showNotice('Training has ended', text, show)
  }

  fleuron().training.onChanged(runEnded)
  fleuron().studies.onChanged(({ id, state, spec, sentence }) => {
    const ended = studiesRunning.delete(id) && state === 'finished'
    if (state === 'running') studiesRunning.add(id)
    if (!ended || !settings.settings.notify) return
    const show = () => void router.push({ name: 'studies', query: { study: id } })
    showNotice(`Study “${spec.name}” has ended`, sentence ?? '', show)
  })
}
