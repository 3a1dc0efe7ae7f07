/** The tokens that charts draw with, resolved for the canvas and renewed when the theme changes. */
import { shallowRef, watch, type ShallowRef } from 'vue'
import { useSettings } from '../stores/settings.ts'
import { tokenColour } from '../styles/colours.ts'

export interface ChartTheme {
  ink: string
  ink2: string
  ink3: string
  accent: string
  surface: string
  raised: string
  grid: string
  axis: string
  font: string
}

const readTheme = (): ChartTheme => ({
  ink: tokenColour('--ink'),
  ink2: tokenColour('--ink-2'),
  ink3: tokenColour('--ink-3'),
  accent: tokenColour('--accent'),
  surface: tokenColour('--surface'),
  raised: tokenColour('--raised'),
  grid: tokenColour('--grid'),
  axis: tokenColour('--line-strong'),
  font: getComputedStyle(document.body).fontFamily,
})

export function useChartTheme(): ShallowRef<ChartTheme> {
  const settings = useSettings()
  const theme = shallowRef(readTheme())
  // After the root has its new theme, which is when the tokens change.
  watch(
    () => settings.theme,
    () => (theme.value = readTheme()),
    { flush: 'post' },
  )
  return theme
}
