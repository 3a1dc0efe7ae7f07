/** Fleuron's compute engine: graphs of tensors, their gradients, and the sessions that run them. */
export * from './graph/index.ts'
export * from './models/index.ts'
export * from './optim/index.ts'
export * from './runtime/index.ts'
export * from './random/index.ts'
export * from './quantize/index.ts'
export * from './weights/index.ts'
