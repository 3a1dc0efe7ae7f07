export { Session, openSession } from './session.ts'
export type { SessionOptions, TensorData, TensorValue } from './session.ts'
