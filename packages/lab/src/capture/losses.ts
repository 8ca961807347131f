import type { Happening } from '../wire/index.ts'
import type { Cables } from './cables.ts'
import type { Crossings } from './crossings.ts'
import type { SeenFrame } from './frame.ts'
import type { CaptureSource, WatchedWire } from './source.ts'

const words: Readonly<Record<Happening['what'], string>> = {
  loss: 'lost on the link',
  queue: 'lost on the link: its queue is full',
  duplicate: 'doubled on the link',
  reorder: 'overtakes others on the link',
  corrupt: 'damaged on the link',
}

/**
 * What wires do to frames, as comments. A frame is seen at the switch: one that is lost on its way to the node was seen
 * before, and gets the comment; one that is lost on its way from the node was not, and is recorded as it was sent.
 */
export class Losses implements Disposable {
  readonly #source: CaptureSource
  readonly #cables: Cables
  readonly #crossings: Crossings
  readonly #read: () => void
  #watched: WatchedWire | undefined
  #watching: Disposable | undefined

  /** @param read takes the frames that wait: the news of a loss may be quicker than the frame that it is about */
  constructor(source: CaptureSource, cables: Cables, crossings: Crossings, read: () => void) {
    this.#source = source
    this.#read = read
    this.#cables = cables
    this.#crossings = crossings
    this.refresh()
  }

  /** A lab has no wire before its first link needs one. */
  refresh(): void {
    const wire = this.#source.fabric.wires?.wire
    if (wire === this.#watched) return
    this.#watching?.[Symbol.dispose]()
    this.#watched = wire
    this.#watching = wire?.watch((happening) => this.#note(happening))
  }

  /** Resolves when losses are told from here on, and those of before have been. */
  async ready(): Promise<void> {
    this.refresh()
    // It answers in the middle of the frames that wait for it; asked once more, it has seen those too.
    await this.#watched?.ready()
    await this.#watched?.ready()
  }

  #note({ cable: name, direction, time, what, frame }: Happening): void {
    const cable = this.#cables.all.find(({ end }) => `${end.node}.${end.interface}` === name)
    if (cable === undefined) return
    this.#read()
    const comment = `${cable.end.node} ${cable.end.interface}: ${words[what]}`
    const isGone = what === 'loss' || what === 'queue'
    if (direction === 'bToA') this.#crossings.comment({ cable: cable.number, data: frame, comment, isGone })
    else if (isGone) this.#crossings.add(sent(cable.number, cable.end, frame, time, comment))
  }

  [Symbol.dispose](): void {
    this.#watching?.[Symbol.dispose]()
  }
}

function sent(cable: number, end: SeenFrame['end'], data: Uint8Array, ms: number, comment: string): SeenFrame {
  const time = BigInt(Math.round(ms * 1000)) * 1000n
  return { cable, end, direction: 'outbound', time, data, length: data.length, comments: [comment] }
}
