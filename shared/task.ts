import type { ErrorValue } from './errors.ts'

/** Long work: it has begun, it says how far it is, it can be cancelled. */
export interface Task {
  id: string
  kind: 'import' | 'train' | 'study' | 'search' | 'classify' | 'download' | 'export' | 'sample' | 'trial'
  /** E.g. "Reading photos". */
  title: string
  state: 'running' | 'done' | 'failed' | 'cancelled'
  done: number
  /** Null while it is not known. */
  total: number | null
  /** What is counted: "photos", "bytes", "epochs". */
  unit: string
  etaSeconds: number | null
  error: ErrorValue | null
}
