import type { TrainSettings } from '../../../shared/training.ts'
import { input, normalisePhotos, parameterCount, Pass, sizeOf, type Model, type Tensor } from '../../engine/index.ts'
import { modelOf } from '../settings/model-of-settings.ts'
import { viewBatchSize } from '../loop/seen-photos.ts'

const bytesPerValue = 4
/** Node, ONNX Runtime and the decoders with their photos, before anything is trained. */
const idleBytes = 450e6
/**
 * Memory of a step for each byte that the forward pass puts out: gradients and copies come beside it, and not all of it
 * is kept. Measured as the resident memory of two steps on a processor with AVX-512: 1.2 for ViT-Tiny; 2.9 for
 * ConvNeXt-Atto, 3.3 for MobileNetV2, 3.8 for the simple CNN and 3.9 for ResNet-18.
 */
const keptShareOf = (model: string): number => (model.startsWith('vit') ? 1.3 : 3.9)
/** Tensors as large as the parameters: values and gradients, what AdamW remembers, and the copies a step writes to. */
const parameterCopies = 8
/** Share of the free memory that training may take: other programs live, too. */
const usableShare = 0.75

/** Values that one photo's forward pass puts out; what is made of the parameters alone does not count. */
export function activationCount(model: Model): number {
  const image = input('image', [1, 3, ...model.inputSize])
  const logits = model.forward(new Pass({ training: true }), normalisePhotos(image, model.config))
  const known = new Map<Tensor, boolean>([[image, true]])
  let total = 0
  const seesPhoto = (tensor: Tensor): boolean => {
    const before = known.get(tensor)
    if (before !== undefined) return before
    const sees = tensor.inputs.map(seesPhoto).includes(true)
    known.set(tensor, sees)
    if (sees) total += sizeOf(tensor.shape.map(Number))
    return sees
  }
  seesPhoto(logits)
  return total
}

/** About how much memory training takes, bytes. */
export function estimateMemory(settings: TrainSettings): number {
  const model = modelOf(settings, 10)
  const parameters = parameterCount(model) * bytesPerValue
  const activations = activationCount(model) * bytesPerValue
  // A frozen backbone is only looked through, and frees each layer after the next.
  if (settings.mode === 'frozen') return idleBytes + parameters * 2 + (activations * viewBatchSize) / 8
  return idleBytes + parameters * parameterCopies + activations * keptShareOf(settings.model) * settings.batchSize
}

/** The same steps in passes that memory suffices for: half as many photos, twice as many passes, as often as needed. */
export function fitToMemory(
  settings: TrainSettings,
  freeBytes: number,
): Pick<TrainSettings, 'batchSize' | 'accumulation'> {
  let { batchSize, accumulation } = settings
  if (settings.mode === 'frozen') return { batchSize, accumulation }
  while (batchSize >= 4 && estimateMemory({ ...settings, batchSize }) > freeBytes * usableShare) {
    batchSize = Math.floor(batchSize / 2)
    accumulation = Math.min(accumulation * 2, 256)
  }
  return { batchSize, accumulation }
}
