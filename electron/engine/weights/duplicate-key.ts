/**
 * The first key that occurs twice in one object of a valid JSON text, or undefined. `JSON.parse` silently keeps the
 * last of equal keys, so two readers may see different tensors under one name.
 */
export function findDuplicateKey(json: string): string | undefined {
  // The objects and arrays that are open; undefined stands for an array, which has no keys.
  const open: (Set<string> | undefined)[] = []
  for (let position = 0; position < json.length; position++) {
    const character = json[position]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(undefined)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = endOfString(json, position)
      if (isKey(json, end)) {
        const key = JSON.parse(json.slice(position, end)) as string
        const keys = open.at(-1)
        if (keys?.has(key)) return key
        keys?.add(key)
      }
      position = end - 1
    }
  }
  return undefined
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let position = start + 1
  while (json[position] !== '"') position += json[position] === '\\' ? 2 : 1
  return position + 1
}

/** Whether the string that ends at `end` is followed by a colon. */
function isKey(json: string, end: number): boolean {
  let position = end
  while (' \t\n\r'.includes(json[position] ?? '"')) position++
  return json[position] === ':'
}
