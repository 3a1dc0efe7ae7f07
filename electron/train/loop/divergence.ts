import { FleuronError, type ErrorValue } from '../../../shared/errors.ts'
import type { TrainSettings } from '../../../shared/training.ts'

/** A mean loss this many times that of pure guessing, after the first epoch, is no longer learning. */
const divergedTimes = 10

/** Whether an epoch's mean training loss has left all measure. */
export const isDiverged = (epoch: number, loss: number, classes: number): boolean =>
  !Number.isFinite(loss) || (epoch > 1 && loss > divergedTimes * Math.log(classes))

/** What happened and what to try. */
export const divergence = ({ learningRate }: TrainSettings, epoch: number, hasBest: boolean): ErrorValue => ({
  code: 'compute-failed',
  message:
    `Training went astray in epoch ${epoch}: at a learning rate of ${learningRate} the loss grew beyond all measure; ` +
    `${hasBest ? 'the best epoch before it is kept, ' : ''}try a rate of ${Number((learningRate / 10).toPrecision(2))}, ` +
    'or let Fleuron find one.',
})

export const noneReadable = (which: 'training' | 'validation'): FleuronError =>
  new FleuronError('unreadable', `None of the ${which} photos could be read; check that their folder is there.`)

export const stoppedTooEarly = (): FleuronError =>
  new FleuronError('not-ready', 'The run was stopped before its first epoch was complete, so it has no model.')
