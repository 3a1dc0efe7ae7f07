/** What a run was made with and on: together with its settings, what reproduces it. */
export interface RunOrigin {
  /** Hash over every photo's contents, class and split: equal fingerprints, equal data. */
  fingerprint: string
  /** Of Fleuron, with the commit where it is known, e.g. "0.1.0+83ce7bb". */
  version: string
  /** Of Node, e.g. "24.11.0". */
  node: string
  /** Of ONNX Runtime; null until a model was written. */
  onnxruntime: string | null
  device: { name: string; threads: number }
  /** Pretrained weights by file name and SHA-256 (null until a model was written); null when training began from scratch. */
  weights: { file: string; hash: string | null } | null
}

/** Notes that a user adds to a run. */
export interface RunAnnotations {
  tags: string[]
  notes: string
}
