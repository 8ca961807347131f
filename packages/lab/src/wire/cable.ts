import { NetlinkError, type NetworkNamespace, Route } from '@sallyport/linux'
import type { Impairment } from '../link/index.ts'
import type { CableCounters, Direction } from './message.ts'
import { segmentsAtOnce } from './segments.ts'
import type { ThreadOwner } from './thread-owner.ts'

/** Where one end of a cable is to appear. */
export interface WireEnd {
  readonly namespace: NetworkNamespace
  /** The link's name there. */
  readonly interface: string
  /** The link's number there; default: the kernel chooses. */
  readonly index?: number | undefined
  /** Bytes of an IP packet, up to 65,535; default 1500. */
  readonly mtu?: number | undefined
  /** Default: the kernel makes one up. */
  readonly hardwareAddress?: string | undefined
}

export interface CableOptions {
  /** Part of the seed of its random numbers: cables of one wire have names of their own. */
  readonly name: string
  readonly a: WireEnd
  readonly b: WireEnd
  readonly aToB: Impairment
  readonly bToA: Impairment
}

/** An end as it was made. */
export interface PluggedEnd {
  /** Index of the link in the wire's namespace. */
  readonly far: number
  /** Index of the link in its own. */
  readonly near: number
  readonly namespace: NetworkNamespace
  readonly mtu: number
}

/** Made by {@link Wire.plug}: two links, and what happens between them. */
export class Cable {
  readonly name: string
  readonly #number: number
  readonly #ends: { readonly a: PluggedEnd; readonly b: PluggedEnd }
  readonly #thread: ThreadOwner
  readonly #route: Route
  #last: Promise<unknown> | undefined

  /** @param route of the wire's namespace */
  constructor(about: {
    readonly name: string
    readonly number: number
    readonly ends: { readonly a: PluggedEnd; readonly b: PluggedEnd }
    readonly thread: ThreadOwner
    readonly route: Route
  }) {
    this.name = about.name
    this.#number = about.number
    this.#ends = about.ends
    this.#thread = about.thread
    this.#route = about.route
  }

  /** Resolves when it holds: for all frames that are sent from then on. Those on their way keep their time. */
  async change(change: { readonly [D in Direction]?: Impairment }): Promise<void> {
    this.#refuseUnplugged()
    const { aToB, bToA } = change
    if (aToB !== undefined) hand(this.#ends.a, segmentsAtOnce(aToB, this.#ends.a.mtu))
    if (bToA !== undefined) hand(this.#ends.b, segmentsAtOnce(bToA, this.#ends.b.mtu))
    await this.#thread.ask({ kind: 'change', cable: this.#number, change })
  }

  /** What both directions have done so far; of an unplugged cable, what they had done. */
  async counters(): Promise<CableCounters> {
    const answer = this.#last ?? this.#thread.ask({ kind: 'counters', cable: this.#number })
    return (await answer) as CableCounters
  }

  /** Without a carrier, both ends notice what a cable does that was pulled out. */
  setCarrier(on: boolean): void {
    this.#refuseUnplugged()
    for (const { far } of Object.values(this.#ends)) this.#route.setLink(far, { up: on })
  }

  /** Removes both links. Frames on their way are lost. Idempotent. */
  unplug(): void {
    if (this.#last !== undefined) return
    this.#last = this.#thread.ask({ kind: 'unplug', cable: this.#number })
    // Nobody has to ask for the counters; if the thread fails, its owner hears of it by whatever is asked next.
    this.#last.catch(() => {})
    for (const { far } of Object.values(this.#ends)) removeEnd(this.#route, far)
  }

  #refuseUnplugged(): void {
    if (this.#last !== undefined) throw new Error(`cable '${this.name}' is not plugged any more`)
  }
}

/** How many segments the node at that end may hand over as one frame from now on. */
function hand({ namespace, near }: PluggedEnd, gsoMaxSegments: number): void {
  using route = Route.open({ namespace })
  route.setLink(near, { gsoMaxSegments })
}

/** Where the other side's namespace has ended, the kernel was first. */
function removeEnd(route: Route, far: number): void {
  try {
    route.deleteLink(far)
  } catch (error) {
    if (!(error instanceof NetlinkError) || error.code !== 'ENODEV') throw error
  }
}
