import { add, mirrored, mul, type Pass, type Tensor } from '../graph/index.ts'
import type { Model } from './model.ts'

/** How a finished model looks at a photo: as it is, or as it is and mirrored. */
export type TestTime = 'none' | 'mirror'

/** Views of a photo that a finished model looks at. */
export const viewsAtTestTime: Readonly<Record<TestTime, number>> = { none: 1, mirror: 2 }

/**
 * What enters the classifier, [N, featureCount], of photos [N, 3, H, W], normalised: the mean over the views.
 *
 * The classifier is linear, so its logits are the mean of the views' logits, as timm averages them (`--tta` of its
 * train.py); VGG (Simonyan and Zisserman 2015, section 3.2) averaged the probabilities of a photo and its mirror. With
 * logits one temperature calibrates the whole, softmax(mean / T), and features, rejector and loss mean the same as
 * without: they all follow from the mean features. The branches share every weight.
 */
export function poolViews(pass: Pass, model: Model, photos: Tensor, testTime: TestTime): Tensor {
  const plain = model.forwardPooled(pass, photos)
  return testTime === 'none' ? plain : meanOfViews(plain, model.forwardPooled(pass, mirrored(photos)))
}

const meanOfViews = (plain: Tensor, mirror: Tensor): Tensor => mul(add(plain, mirror), 0.5)
