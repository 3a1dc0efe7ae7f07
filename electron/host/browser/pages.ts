/** Pages of the browser host itself: what is shown where the application is not. */

const page = (title: string, body: string, head = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} · Fleuron</title>
${head}
<style>
  :root { color-scheme: light dark }
  body { margin: 0; min-height: 100vh; display: grid; place-content: center; justify-items: center; text-align: center;
    gap: 16px; font: 13px/20px Inter, system-ui, sans-serif; background: light-dark(#f6f6f6, #1c1c1c);
    color: light-dark(#1a1a1a, #ececec) }
  h1 { margin: 0; font-size: 17px; line-height: 24px; font-weight: 600 }
  p { margin: 0; max-width: 46ch; color: light-dark(#4d4d4d, #b8b8b8) }
  button { font: inherit; font-weight: 500; height: 40px; padding: 0 20px; border: 0; border-radius: 6px;
    background: #2457d6; color: #fff; cursor: pointer }
  button:focus-visible { outline: 2px solid #2457d6; outline-offset: 2px }
</style>
</head>
<body>
${body}
</body>
</html>
`

/**
 * After the token: the page itself goes on to the application, since a browser that came from another site would not
 * send a SameSite=Strict cookie along a redirect.
 */
export const welcomePage = page(
  'Opening',
  '<h1>Opening Fleuron …</h1><p><a href="/">Go on</a> if nothing happens.</p>',
  '<meta http-equiv="refresh" content="0;url=/">',
)

export const refusedPage = page(
  'Not open here',
  `<h1>Fleuron is not open in this browser</h1>
<p>Its address works once, in the browser that opens it first. Start Fleuron again and open the address that it prints.</p>`,
)

export const elsewherePage = page(
  'Open in another window',
  `<h1>Fleuron is open in another window</h1>
<p>One window at a time works on a project. Nothing is lost when you go on here; the other window lets go.</p>
<form method="post" action="/here"><button autofocus>Use it here</button></form>`,
)

export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
