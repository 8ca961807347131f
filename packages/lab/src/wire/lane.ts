import type { Impairment } from '../link/index.ts'
import { ETHERNET_HEADER } from '../packet/ethernet.ts'
import { Channel, type Verdict } from './channel.ts'
import { type Counting, noneYet } from './counters.ts'
import type { Direction } from './message.ts'
import type { Segments } from './segments.ts'

/** One direction of a cable, in the thread: where its frames go, what becomes of them, and how many there were. */
export class Lane {
  readonly cable: number
  readonly name: string
  readonly direction: Direction
  /** Index of the link that its frames leave by. */
  readonly to: number
  readonly counters: Counting = noneYet()
  readonly #channel: Channel

  constructor(about: Pick<Lane, 'cable' | 'name' | 'direction' | 'to'>, impairment: Impairment, seed: number) {
    this.cable = about.cable
    this.name = about.name
    this.direction = about.direction
    this.to = about.to
    this.#channel = new Channel(impairment, seed, about.name, about.direction)
  }

  change(impairment: Impairment): void {
    this.#channel.change(impairment)
  }

  /** Segments that come as one frame share its fate. */
  offer({ count, bytes }: Segments, now: number): Verdict {
    this.counters.frames += count
    this.counters.bytes += bytes
    const verdict = this.#channel.offer(bytes - (count - 1) * ETHERNET_HEADER, now)
    if ('dropped' in verdict) this.counters.dropped[verdict.dropped] += count
    else for (const { duplicate, reordered, flipBit } of verdict.deliveries) this.#count(duplicate, reordered, flipBit)
    return verdict
  }

  #count(duplicate: boolean, reordered: boolean, flipBit: number | undefined): void {
    this.counters.duplicated += Number(duplicate)
    this.counters.reordered += Number(reordered)
    this.counters.corrupted += Number(flipBit !== undefined)
  }
}
