/**
 * Keys that no class may have, because the screens with photos give them other meanings: a and d move, n finds the next
 * unlabelled photo, x excludes, f flags, z zooms, h shows the heat map, 0 clears.
 */
export const reservedKeys: readonly string[] = [...'adnxfzh0']
