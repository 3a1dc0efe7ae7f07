/** Colours for what cannot read CSS variables itself (canvas charts), and the colour classes. */

/** A token as the browser resolves it in the present theme, e.g. tokenColour('--accent') → "rgb(36, 87, 214)". */
export function tokenColour(token: `--${string}`): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${token})`
  probe.hidden = true
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

export const classColours = 8

/** Which of the eight colours a class has; from the ninth class on they repeat, and key and name tell classes apart. */
const colourNumber = (position: number): number => (position % classColours) + 1

/** CSS class that sets --c and --ci: 0 → "c1". */
export const classColour = (position: number): string => `c${colourNumber(position)}`

/** Token of a class's colour, for charts: 0 → "--class-1". */
export const classToken = (position: number): `--${string}` => `--class-${colourNumber(position)}`
