import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watchEffect } from 'vue'
import type { HostInfo, Settings } from '../../shared/contract.ts'
import { automaticDevice } from '../../shared/device.ts'
import { errorValue, fleuron } from '../fleuron.ts'
import { ownKeys } from '../keymap.ts'
import { useConnection } from './connection.ts'
import { useToasts } from './toasts.ts'

/** Remembered in the browser as well, so that the first frame has the right theme. */
const themeKey = 'fleuron.theme'

const isTheme = (text: string | null): text is Settings['theme'] =>
  text === 'system' || text === 'light' || text === 'dark'

function rememberedTheme(): Settings['theme'] {
  const text = localStorage.getItem(themeKey)
  return isTheme(text) ? text : 'system'
}

export const useSettings = defineStore('settings', () => {
  const settings = shallowRef<Settings>({
    theme: rememberedTheme(),
    autoAdvance: true,
    weights: null,
    keys: {},
    device: automaticDevice,
    notify: true,
  })
  const host = shallowRef<HostInfo | null>(null)
  const toasts = useToasts()

  const systemDark = matchMedia('(prefers-color-scheme: dark)')
  const systemIsDark = ref(systemDark.matches)
  systemDark.addEventListener('change', (event) => (systemIsDark.value = event.matches))

  /** The theme that is on the screen; what draws on a canvas redraws when it changes. */
  const theme = computed<'light' | 'dark'>(() =>
    settings.value.theme === 'system' ? (systemIsDark.value ? 'dark' : 'light') : settings.value.theme,
  )
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value
    localStorage.setItem(themeKey, settings.value.theme)
  })

  watchEffect(() => (ownKeys.value = settings.value.keys))

  const fetchAnew = async () => {
    try {
      settings.value = await fleuron().settings.get()
      host.value = await fleuron().host.info()
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void fetchAnew() })
    }
  }

  const update = async (change: Partial<Settings>) => {
    try {
      settings.value = await fleuron().settings.update(change)
    } catch (error) {
      toasts.failed(errorValue(error), { label: 'Try again', run: () => void update(change) })
    }
  }

  const start = () => {
    fleuron().settings.onChanged((value) => (settings.value = value))
    useConnection().onReopened(() => void fetchAnew())
    return fetchAnew()
  }

  return { settings, host, theme, update, start }
})
