import { randomBytes } from 'node:crypto'

// Lower case only: ids become names of files, also where case is ignored. 32 symbols: five bits each, none mistaken for another.
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'

/** An opaque id of twelve symbols (60 random bits), unique across projects: addresses of pictures are made of it. */
export const newId = (): string => Array.from(randomBytes(12), (byte) => alphabet[byte & 31]).join('')
