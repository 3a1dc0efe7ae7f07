/** Random draws, an entrance of their own: decoder threads draw, but must not load ONNX Runtime. */
export * from './stream.ts'
