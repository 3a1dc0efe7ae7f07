import { exportOnnx, input, openSession, type Session } from '../engine/index.ts'
import { mixMask, mixPhotos, type Mix } from './mixing.ts'

/** Mixes a picture with another one by the graph that training uses. */
export class Mixer {
  readonly #sessions = new Map<number, Promise<Session>>()

  /** Planes [3, side, side] of the picture after it was mixed; the two make a batch. */
  async mix(picture: Float32Array, other: Float32Array, side: number, mix: Mix): Promise<Float32Array> {
    const session = await this.#sessionFor(side)
    const data = new Float32Array(2 * picture.length)
    data.set(picture)
    data.set(other, picture.length)
    const { mixed } = await session.run({
      photos: { data, shape: [2, 3, side, side] },
      mask: { data: mixMask(mix, [side, side]), shape: [1, 1, side, side] },
    })
    if (!(mixed?.data instanceof Float32Array)) throw new Error('mixing gave no picture')
    return mixed.data.subarray(0, picture.length)
  }

  #sessionFor(side: number): Promise<Session> {
    let session = this.#sessions.get(side)
    if (!session) {
      const mixed = mixPhotos(input('photos', [2, 3, side, side]), input('mask', [1, 1, side, side]))
      session = openSession(exportOnnx({ outputs: { mixed }, parameters: new Map() }), { threads: 1 })
      this.#sessions.set(side, session)
    }
    return session
  }
}
