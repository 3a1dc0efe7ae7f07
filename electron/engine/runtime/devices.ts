/** Everything that may compute, the processor first. Which of it works on a machine is found by trying. */
export const computeDevices = ['cpu', 'webgpu', 'dml', 'coreml', 'cuda', 'tensorflow'] as const

/** What computes: ONNX Runtime by one of its providers, or TensorFlow. */
export type ComputeDevice = (typeof computeDevices)[number]

/** A provider of ONNX Runtime. */
export type Provider = Exclude<ComputeDevice, 'tensorflow'>

/** Whether what a step changes can stay there until the next step reads it. */
export const keepsState = (device: ComputeDevice): boolean => device === 'webgpu'

/** What runs a finished model, as an ONNX file: TensorFlow reads none. */
export const providerOf = (device: ComputeDevice): Provider => (device === 'tensorflow' ? 'cpu' : device)
