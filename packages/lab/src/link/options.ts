import { type Duration, milliseconds } from './duration.ts'
import { bitsPerSecond, type Rate } from './rate.ts'

/**
 * What a link does to frames, as a person writes it. The words are those of tc-netem(8); what is absent does nothing.
 * On a link itself they hold for each direction by itself: `delay: '20ms'` makes a round trip 40 ms longer.
 */
export interface DirectionOptions {
  /** How long every frame is on its way: '20ms', '1.5s', or a number of milliseconds. */
  readonly delay?: Duration
  /** Up to so much more or less, uniformly distributed; frames keep their order. */
  readonly jitter?: Duration
  readonly loss?: Loss
  /** Share of frames, 0 to 1, that are not delayed and so overtake others (needs a delay to show). */
  readonly reorder?: number
  /** Share of frames, 0 to 1, that arrive twice. */
  readonly duplicate?: number
  /** Share of frames, 0 to 1, of which one bit is flipped behind the Ethernet header. */
  readonly corrupt?: number
  /** '50mbit', '200kbit', or a number of bits per second. Counts IP packets, without the 14 bytes of Ethernet. */
  readonly rate?: Rate
  /** How much waits for its turn before a frame is dropped: milliseconds at `rate`; default 50. */
  readonly queue?: Duration
}

/** A share of all frames (0 to 1), losses in bursts, or every n-th frame. */
export type Loss = number | BurstLoss | { readonly every: number }

/** Gilbert and Elliott: in the bad state frames are lost, in the good one they are not. */
export interface BurstLoss {
  /** Share of frames lost in the long run, 0 to 1. */
  readonly burst: number
  /** Mean number of frames that are lost in a row; default 4. */
  readonly length?: number
}

/** A link: both directions alike, or each by itself. `up` is from the node (or router) to the network, `down` back. */
export interface LinkOptions extends DirectionOptions {
  readonly up?: DirectionOptions
  readonly down?: DirectionOptions
  /** Bytes of an IP packet; default 1500. */
  readonly mtu?: number
}

/** One direction with nothing left open: what the wire runs. Zero everywhere: frames pass untouched. */
export interface Impairment {
  /** Milliseconds. */
  readonly delay: number
  /** Milliseconds. */
  readonly jitter: number
  readonly loss:
    | { readonly kind: 'none' }
    | { readonly kind: 'random'; readonly share: number }
    | { readonly kind: 'burst'; readonly share: number; readonly length: number }
    | { readonly kind: 'every'; readonly every: number }
  readonly reorder: number
  readonly duplicate: number
  readonly corrupt: number
  /** Bits per second; Infinity: not limited. */
  readonly rate: number
  /** Milliseconds of queue at `rate`. */
  readonly queue: number
}

export interface LinkImpairments {
  readonly up: Impairment
  readonly down: Impairment
}

/** Both directions with nothing left open. Throws RangeError that shows the text and says what is expected. */
export function impairments(options: LinkOptions): LinkImpairments {
  const { up, down, mtu: _mtu, ...both } = options
  return { up: impairment({ ...both, ...up }, 'up'), down: impairment({ ...both, ...down }, 'down') }
}

/** Does a link need the wire, or is a plain veth pair what was asked for? */
export function isImpaired(options: LinkOptions): boolean {
  const { up, down } = impairments(options)
  return !isClear(up) || !isClear(down)
}

export function isClear({ delay, jitter, loss, reorder, duplicate, corrupt, rate }: Impairment): boolean {
  return delay + jitter + reorder + duplicate + corrupt === 0 && loss.kind === 'none' && rate === Infinity
}

function impairment(options: DirectionOptions, direction: string): Impairment {
  const { delay = 0, jitter = 0, loss = 0, reorder = 0, duplicate = 0, corrupt = 0, rate, queue = 50 } = options
  return {
    delay: milliseconds(delay, `delay (${direction})`),
    jitter: milliseconds(jitter, `jitter (${direction})`),
    loss: lossOf(loss, `loss (${direction})`),
    reorder: share(reorder, `reorder (${direction})`),
    duplicate: share(duplicate, `duplicate (${direction})`),
    corrupt: share(corrupt, `corrupt (${direction})`),
    rate: rate === undefined ? Infinity : bitsPerSecond(rate, `rate (${direction})`),
    queue: milliseconds(queue, `queue (${direction})`),
  }
}

function lossOf(loss: Loss, what: string): Impairment['loss'] {
  if (typeof loss === 'number') return loss === 0 ? { kind: 'none' } : { kind: 'random', share: share(loss, what) }
  if ('every' in loss) {
    if (!Number.isInteger(loss.every) || loss.every < 1)
      throw new RangeError(`${what}: every ${loss.every} frames is no positive number of frames`)
    return { kind: 'every', every: loss.every }
  }
  const { burst, length = 4 } = loss
  if (!(length >= 1)) throw new RangeError(`${what}: a burst of ${length} frames is shorter than one frame`)
  return { kind: 'burst', share: share(burst, what), length }
}

function share(value: number, what: string): number {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${what}: ${value} is no share; write 0.01 for 1 %`)
  return value
}
