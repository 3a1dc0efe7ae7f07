/** Whether an error says that memory could not be had: ONNX Runtime and V8 have several words for it. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error &&
  /bad.?alloc|failed to allocate|allocate memory|out of memory|array buffer allocation failed/i.test(error.message)
