/**
 * Milliseconds after which something that never comes ends a test: long enough for a busy machine, and without it a test
 * would hang without a word, or until a machine that has other things to do ends the whole run. No speed is judged.
 */
export const patience = 7 * 60_000
