/** A decoder thread: reads photos and makes views of them, in shared memory. It never loads ONNX Runtime. */
import { parentPort, workerData } from 'node:worker_threads'
import sharp from 'sharp'
import { writeViews, type PixelStore } from './augment/views.ts'
import type { Pixels } from './augment/pixels.ts'
import { kilobytesOf, sizeName } from './dataset/decoded-photos.ts'
import { unreadableReason } from './dataset/decode.ts'
import type {
  DecodeOrder,
  DecoderData,
  DecoderPhoto,
  DecodeReport,
  SharedPixels,
  ToDecoder,
} from './dataset/decoder-protocol.ts'

// The threads work side by side; within a photo there is nothing to gain.
sharp.concurrency(1)

const { size, budget } = workerData as DecoderData
const kilobytesLeft = new Int32Array(budget)
const shelf = new Map<string, Pixels>()
let fresh: SharedPixels[] = []

const identityOf = ({ hash, path }: DecoderPhoto): string => hash ?? path
const nameOf = (key: string, photo: DecoderPhoto): string => `${sizeName(size)}${key} ${identityOf(photo)}`

const store: PixelStore = {
  get: (key, photo) => shelf.get(nameOf(key, photo)),
  set: (key, photo, { data, width, height }) => {
    const kilobytes = kilobytesOf(data.length)
    if (Atomics.sub(kilobytesLeft, 0, kilobytes) < kilobytes) {
      Atomics.add(kilobytesLeft, 0, kilobytes)
      return
    }
    const shared = new SharedArrayBuffer(data.length)
    new Uint8Array(shared).set(data)
    const pixels = { key: nameOf(key, photo), photo: identityOf(photo), data: shared, width, height }
    fresh.push(pixels)
    learn(pixels)
  },
}

function learn({ key, data, width, height }: SharedPixels): void {
  shelf.set(key, { data: new Uint8Array(data), width, height })
}

async function work({ id, photos, views, slot, taken }: DecodeOrder): Promise<DecodeReport> {
  const counter = new Int32Array(taken)
  const target = new Float32Array(slot)
  const length = views.length * 3 * size.imageSize ** 2
  const failures: { photo: number; reason: string }[] = []
  for (let index = Atomics.add(counter, 0, 1); index < photos.length; index = Atomics.add(counter, 0, 1)) {
    const photo = photos[index]
    if (!photo) continue
    try {
      await writeViews(photo, views, size, store, target, index * length)
    } catch (error) {
      failures.push({ photo: index, reason: await unreadableReason(error, photo.path) })
    }
  }
  const learned = fresh
  fresh = []
  return { id, failures, learned }
}

const port = parentPort
if (!port) throw new Error('A decoder is started as a thread.')
const answer = async (message: ToDecoder): Promise<void> => {
  if (message.kind === 'end') return port.close()
  message.order.learned.forEach(learn)
  port.postMessage(await work(message.order))
}
// One order after the other, in the order in which they came.
let last = Promise.resolve()
port.on('message', (message: ToDecoder) => {
  const before = last
  last = (async () => {
    await before
    await answer(message)
  })()
})
