import type { Impairment } from '../link/index.ts'
import { ETHERNET_HEADER } from '../packet/ethernet.ts'
import { type LossModel, lossModel } from './loss.ts'
import { Random } from './random.ts'

/** When a frame, or its copy, arrives: milliseconds of the clock that `now` was told by. */
export interface Delivery {
  readonly at: number
  /** It skipped the delay. */
  readonly reordered: boolean
  /** It is the second of two. */
  readonly duplicate: boolean
  /** Which bit arrives inverted, counted from the first byte behind the Ethernet header; undefined: none. */
  readonly flipBit: number | undefined
}

/** `loss`: as asked for; `queue`: more than `queue` milliseconds were waiting for their turn at `rate`. */
export type DropReason = 'loss' | 'queue'

/** What becomes of a frame. */
export type Verdict = { readonly dropped: DropReason } | { readonly deliveries: readonly Delivery[] }

/**
 * One direction of a link: what becomes of each frame, decided when it is sent. No clock and no I/O in here; time is
 * what the caller says, in milliseconds, and never goes back.
 *
 * The order is that of netem (net/sched/sch_netem.c) but for two points that are named: loss, then duplication (netem
 * lets a duplicated frame that is lost pass once; here what is lost is lost), then corruption of each copy by itself,
 * then the queue and the rate, then delay with jitter, or neither for a frame that overtakes. A frame that overtakes
 * has stood in the queue like all others: it skips the way, not the bottleneck (in netem, the bottleneck too).
 *
 * Each effect has random numbers of its own, one for each frame: whether the nth frame is lost (duplicated, …) depends on
 * the seed and on n, neither on time nor on what else is switched on.
 */
export class Channel {
  readonly #duplicating: Random
  readonly #losing: Random
  readonly #frame: Effects
  readonly #copy: Effects
  #impairment: Impairment
  #isLost: LossModel
  /** When the frame that was sent last has left the queue. */
  #busyUntil = -Infinity
  /** When the frame that was sent last arrives: none that does not skip the delay comes before. */
  #lastArrival = -Infinity

  /** @param seed with `names`, say those of cable and direction, what the random numbers depend on */
  constructor(impairment: Impairment, seed: number, ...names: readonly string[]) {
    this.#losing = new Random(seed, ...names, 'loss')
    this.#duplicating = new Random(seed, ...names, 'duplicate')
    this.#frame = new Effects(seed, ...names, 'frame')
    this.#copy = new Effects(seed, ...names, 'copy')
    this.#impairment = impairment
    this.#isLost = lossModel(impairment.loss, this.#losing)
  }

  /** Holds for frames from now on. Those on their way keep their time, so that later ones may overtake them once. */
  change(impairment: Impairment): void {
    this.#impairment = impairment
    this.#isLost = lossModel(impairment.loss, this.#losing)
    this.#lastArrival = -Infinity
  }

  /** A frame of so many bytes, Ethernet header included, is sent. */
  offer(frameLength: number, now: number): Verdict {
    const impairment = this.#impairment
    const isLost = this.#isLost()
    const isDoubled = happens(impairment.duplicate, this.#duplicating)
    const effect = this.#frame.next(impairment, frameLength)
    if (isLost) return { dropped: 'loss' }
    const first = this.#pass(frameLength, now, effect, false)
    if (first === undefined) return { dropped: 'queue' }
    if (!isDoubled) return { deliveries: [first] }
    const second = this.#pass(frameLength, now, this.#copy.next(impairment, frameLength), true)
    return { deliveries: second === undefined ? [first] : [first, second] }
  }

  /** Through the queue, onto the wire, and over it. A virtual clock, so that nothing has to tick. */
  #pass(frameLength: number, now: number, effect: Effect, duplicate: boolean): Delivery | undefined {
    const { rate, queue } = this.#impairment
    const start = Math.max(now, this.#busyUntil)
    if (start - now > queue) return undefined
    const sent = rate === Infinity ? start : start + (Math.max(0, frameLength - ETHERNET_HEADER) * 8000) / rate
    if (rate !== Infinity) this.#busyUntil = sent
    const { reordered, flipBit, delay } = effect
    return { at: reordered ? sent : this.#arrive(sent + delay), reordered, duplicate, flipBit }
  }

  #arrive(at: number): number {
    this.#lastArrival = Math.max(this.#lastArrival, at)
    return this.#lastArrival
  }
}

/** What happens to one copy of a frame by chance. */
interface Effect {
  readonly reordered: boolean
  readonly flipBit: number | undefined
  /** With jitter, in milliseconds. */
  readonly delay: number
}

class Effects {
  readonly #reordering: Random
  readonly #corrupting: Random
  readonly #flipping: Random
  readonly #varying: Random

  constructor(seed: number, ...names: readonly string[]) {
    this.#reordering = new Random(seed, ...names, 'reorder')
    this.#corrupting = new Random(seed, ...names, 'corrupt')
    this.#flipping = new Random(seed, ...names, 'bit')
    this.#varying = new Random(seed, ...names, 'jitter')
  }

  next({ reorder, corrupt, delay, jitter }: Impairment, frameLength: number): Effect {
    const bits = (frameLength - ETHERNET_HEADER) * 8
    const isCorrupted = happens(corrupt, this.#corrupting) && bits > 0
    return {
      reordered: happens(reorder, this.#reordering),
      flipBit: isCorrupted ? Math.floor(this.#flipping.uniform() * bits) : undefined,
      delay: jitter === 0 ? delay : Math.max(0, delay + jitter * (2 * this.#varying.uniform() - 1)),
    }
  }
}

function happens(share: number, random: Random): boolean {
  return share > 0 && random.uniform() < share
}
