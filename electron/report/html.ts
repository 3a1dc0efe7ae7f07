/** Text that is HTML already; everything else is escaped where it is put into a page. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | null | readonly Part[]

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function textOf(part: Part): string {
  if (part === null) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(textOf).join('')
  return String(part).replace(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** html`<p>${text}</p>`: what is put in is escaped unless it is Html itself; lists are joined, null is nothing. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.reduce((text, piece, index) => `${text}${textOf(parts[index - 1] ?? null)}${piece}`))

/**
 * A page that stands alone: its styles within, no script, nothing fetched, light or dark as the reader's system is, and
 * dark ink on white when it is printed.
 */
export const page = (title: string, body: Html): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${textOf(title)}</title>
<style>${styles}</style>
</head>
<body>
<main>
${body.text}
</main>
</body>
</html>
`

const styles = `
:root { color-scheme: light dark; --ink: light-dark(#1a1a1a, #ececec); --dim: light-dark(#5c5c5c, #a8a8a8);
  --line: light-dark(#dfdfdf, #3a3a3a); --ground: light-dark(#fcfcfc, #1b1b1b); --accent: light-dark(#2457d6, #7aa2ff);
  --run-1: var(--accent); --run-2: var(--ink); --run-3: light-dark(#a85600, #f0a35e); --run-4: light-dark(#0b7f6c, #5fd8bf);
  --run-5: light-dark(#a8348f, #ef93d8); --run-6: light-dark(#6b5f00, #d8c94a); }
* { box-sizing: border-box; }
body { max-width: 960px; margin: 0 auto; padding: 32px 24px 64px; background: var(--ground); color: var(--ink);
  font: 14px/20px Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 24px; line-height: 32px; margin: 0 0 4px; }
h2 { font-size: 18px; line-height: 24px; margin: 40px 0 8px; padding-top: 16px; border-top: 1px solid var(--line); }
h3 { font-size: 14px; margin: 24px 0 8px; }
p { margin: 0 0 8px; max-width: 72ch; }
.dim { color: var(--dim); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0; }
th, td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 500; color: var(--dim); }
td.num, th.num { text-align: right; }
td.differs { font-weight: 600; text-decoration: underline; text-decoration-color: var(--accent); text-underline-offset: 3px; }
td.right { background: color-mix(in srgb, var(--accent) 14%, transparent); }
td.wrong { background: color-mix(in srgb, var(--ink) 12%, transparent); font-weight: 600; }
svg { display: block; width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--dim); }
svg .grid { stroke: var(--line); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 24px; }
.photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 8px; padding: 0; list-style: none; }
.photos img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; }
.photos li { font-size: 12px; line-height: 16px; break-inside: avoid; }
@media print { :root { color-scheme: light; } body { padding: 0; max-width: none; } h2, h3 { break-after: avoid; } tr { break-inside: avoid; } }
`
