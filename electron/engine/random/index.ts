/** The seeded random streams alone: decoder threads enter the engine here, so that they do not load ONNX Runtime. */
export { RandomStream, stream } from './stream.ts'
export type { DrawIdentity } from './stream.ts'
