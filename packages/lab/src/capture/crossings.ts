import { decodeFrame, type Packet } from '../packet/index.ts'
import { icmpWord } from './describe.ts'
import { fingerprint } from './fingerprint.ts'
import type { SeenFrame } from './frame.ts'
import { printSide, sameSide, sideOf } from './tuple.ts'

/** A frame on its way through {@link Crossings}; `seen` is what was given. */
interface Held<F> {
  readonly seen: F
  readonly comments: string[]
  /** Of a packet that has not left the router so far. */
  waiting?: Waiting<F> | undefined
  /** It is on its way to the node over a link that may lose it, and says so some time later. */
  readonly mayBeLost: boolean
}

/** A packet that came into a router and has not left it so far. */
interface Waiting<F> {
  /** Without its payload. */
  readonly packet: Packet
  /** Bytes of the payload. */
  readonly length: number
  readonly print: string
  readonly held: Held<F>
  /** When it counts as not forwarded. */
  readonly until: bigint
}

/** Why a router did not pass a packet on, where somebody knows more than the frames say. */
export type Explain = (node: string, packet: Packet, time: bigint) => string | undefined

export interface CrossingsOptions {
  /** Milliseconds that a packet may stay in a router before it counts as not forwarded; default 50. */
  readonly patience?: number | undefined
  /** Milliseconds that its links may add to that at a node; default: none. */
  readonly detour?: ((node: string) => number) | undefined
  readonly explain?: Explain | undefined
}

const PATIENCE = 50
const MILLISECOND = 1_000_000n
const NEVER = 1n << 64n
const GROUP = 1 // the lowest bit of the first byte of an Ethernet address: not for one station

/**
 * Packets that cross routers: what leaves one is compared with what came in before, and frames get comments that say
 * what NAT did with them, or that they were not passed on. Frames are held back until that is known, at most for as
 * long as a router may take; their order stays. Times are nanoseconds of any clock.
 */
export class Crossings<F extends SeenFrame = SeenFrame> {
  readonly #patience: number
  readonly #detour: (node: string) => number
  readonly #explain: Explain
  readonly #queue: Held<F>[] = []
  #confirmed = 0n
  /** By node: packets that came in, the oldest first. */
  readonly #waiting = new Map<string, Set<Waiting<F>>>()
  /** By cable: the Ethernet address that the node sends from; frames to others are not for it. */
  readonly #addresses = new Map<number, string>()

  constructor({ patience = PATIENCE, detour = () => 0, explain = () => undefined }: CrossingsOptions = {}) {
    this.#patience = patience
    this.#detour = detour
    this.#explain = explain
  }

  /** `bytes`: all of the frame, of which `seen` may have kept less. */
  add(seen: F, bytes: Uint8Array = seen.data): void {
    const mayBeLost = seen.direction === 'inbound' && seen.end.lossy
    const held: Held<F> = { seen, comments: [...seen.comments], mayBeLost }
    this.#queue.push(held)
    if (!seen.end.forwards) return
    const packet = decodeFrame(bytes)
    if (seen.direction === 'outbound') {
      this.#addresses.set(seen.cable, hardware(bytes, 6))
      if (packet !== undefined) this.#left(held, packet)
    } else if (packet !== undefined && this.#isFor(seen, bytes)) this.#came(held, packet)
  }

  /** Frames about which everything is known by now, in order. */
  take(now: bigint): F[] {
    let count = 0
    while (count < this.#queue.length && this.#until(this.#queue[count]!) <= now) count += 1
    return this.#queue.splice(0, count).map((held) => this.#finish(held))
  }

  /**
   * When {@link take} gives the next frame, if nothing happens before: 0, at once; undefined: there is none, or it
   * waits for {@link confirm}.
   */
  get deadline(): bigint | undefined {
    const [first] = this.#queue
    const until = first && this.#until(first)
    return until === NEVER ? undefined : until
  }

  /** Is there a frame that a link has not told about? */
  get unconfirmed(): boolean {
    return this.#queue.some(({ seen, mayBeLost }) => mayBeLost && seen.time > this.#confirmed)
  }

  /** Links have told of all that they lost until then: {@link comment}. Frames that may have been lost wait for it. */
  confirm(time: bigint): void {
    if (time > this.#confirmed) this.#confirmed = time
  }

  /** Time of the first frame that is held back. */
  get oldest(): bigint | undefined {
    return this.#queue[0]?.seen.time
  }

  /** Says something about a frame on its way to a node, if it is still held back. `isGone`: it never got there. */
  comment(about: { cable: number; data: Uint8Array; comment: string; isGone: boolean }): void {
    const held = this.#queue.findLast(({ seen, comments }) => {
      if (seen.cable !== about.cable || seen.direction !== 'inbound' || comments.includes(about.comment)) return false
      return isStart(seen.data, about.data)
    })
    held?.comments.push(about.comment)
    if (about.isGone && held?.waiting !== undefined) this.#settle(held.waiting)
  }

  #until({ seen, mayBeLost, waiting }: Held<F>): bigint {
    return mayBeLost && seen.time > this.#confirmed ? NEVER : (waiting?.until ?? 0n)
  }

  #came(held: Held<F>, packet: Packet): void {
    const { end, time } = held.seen
    const until = time + BigInt(this.#patience + Math.ceil(this.#detour(end.node))) * MILLISECOND
    const length = (packet.transport ?? packet).payload.length
    held.waiting = { packet: detached(packet), length, print: fingerprint(packet), held, until }
    this.#of(end.node).add(held.waiting)
  }

  #left({ seen, comments }: Held<F>, packet: Packet): void {
    const { node } = seen.end
    const before = this.#originOf(node, packet)
    if (before !== undefined) {
      comments.push(...changes(node, before.packet, packet))
      this.#settle(before)
      return
    }
    const question = this.#questionOf(node, packet)
    if (question === undefined) return
    question.held.comments.push(...refusal(node, packet))
    this.#settle(question)
  }

  /** The packet that left as this one: of those with the same content the one that is most like it. */
  #originOf(node: string, packet: Packet): Waiting<F> | undefined {
    const print = fingerprint(packet)
    let best: { readonly likeness: number; readonly waiting: Waiting<F> } | undefined
    for (const waiting of this.#of(node)) {
      if (waiting.print !== print && !isPiece(waiting, packet)) continue
      const likeness = likenessOf(waiting.packet, packet)
      if (likeness > (best?.likeness ?? -1)) best = { likeness, waiting }
      if (waiting.print !== print) this.#settle(waiting) // one of several that became this one
    }
    return best?.waiting
  }

  /** The packet that this one answers: the router's own answer, or an ICMP error about it. */
  #questionOf(node: string, packet: Packet): Waiting<F> | undefined {
    for (const waiting of this.#of(node)) {
      if (packet.about === undefined ? isAnswer(waiting.packet, packet) : isAbout(packet.about, waiting.packet))
        return waiting
    }
    return undefined
  }

  #settle({ held }: Waiting<F>): void {
    if (held.waiting !== undefined) this.#of(held.seen.end.node).delete(held.waiting)
    held.waiting = undefined
  }

  #finish({ seen, comments, waiting }: Held<F>): F {
    if (waiting !== undefined) {
      this.#settle(waiting)
      const reason = this.#explain(seen.end.node, waiting.packet, seen.time)
      comments.push(`${seen.end.node}: not forwarded${reason === undefined ? '' : `: ${reason}`}`)
    }
    return comments.length === seen.comments.length ? seen : { ...seen, comments }
  }

  /** A switch that does not know an address yet sends to everybody: such copies are not for the node. */
  #isFor({ cable }: F, bytes: Uint8Array): boolean {
    if ((bytes[0]! & GROUP) !== 0) return false
    const own = this.#addresses.get(cable)
    return own === undefined || own === hardware(bytes, 0)
  }

  #of(node: string): Set<Waiting<F>> {
    const known = this.#waiting.get(node)
    if (known !== undefined) return known
    const made = new Set<Waiting<F>>()
    this.#waiting.set(node, made)
    return made
  }
}

/** 'home: 192.168.1.2:40000 → 203.0.113.2:40000 (source NAT)' */
function changes(node: string, before: Packet, after: Packet): string[] {
  return (['source', 'destination'] as const).flatMap((which) => {
    const [from, to] = [sideOf(before, which), sideOf(after, which)]
    return sameSide(from, to) ? [] : [`${node}: ${printSide(from)} → ${printSide(to)} (${which} NAT)`]
  })
}

/** What a router says instead of passing a packet on; an answer of a service of its own is no refusal. */
function refusal(node: string, { transport, family, about }: Packet): string[] {
  if (transport?.kind === 'icmp' && about !== undefined)
    return [`${node}: not forwarded: answered with ICMP ${icmpWord(transport, family)}`]
  return transport?.kind === 'tcp' && transport.flags.includes('rst')
    ? [`${node}: not forwarded: answered with RST`]
    : []
}

/** Source NAT leaves the destination alone, destination NAT the source, and a router takes one off the TTL. */
function likenessOf(before: Packet, after: Packet): number {
  const same = (which: 'source' | 'destination'): number =>
    sameSide(sideOf(before, which), sideOf(after, which)) ? 2 : 0
  return same('source') + same('destination') + (after.ttl === before.ttl - 1 ? 1 : 0)
}

/** Segments and fragments are cut and joined on the way (GSO, GRO, reassembly): is one a piece of the other? */
function isPiece({ packet: before, length }: Waiting<unknown>, after: Packet): boolean {
  if (before.fragment !== undefined || after.fragment !== undefined) return isSameDatagram(before, after)
  if (before.transport?.kind !== 'tcp' || after.transport?.kind !== 'tcp') return false
  const { sequence, acknowledgement, payload } = after.transport
  if (length === payload.length || length === 0 || payload.length === 0) return false
  if (before.transport.acknowledgement !== acknowledgement) return false
  const ahead = (sequence - before.transport.sequence) | 0 // sequence numbers wrap (RFC 9293 section 3.4)
  return ahead >= 0 ? ahead < length : -ahead < payload.length
}

/** RFC 791 section 3.2: fragments that belong together share identification, protocol and addresses, NAT aside. */
function isSameDatagram(before: Packet, after: Packet): boolean {
  if (before.id !== after.id || before.protocol !== after.protocol) return false
  return before.source === after.source || before.destination === after.destination
}

function isAnswer(question: Packet, answer: Packet): boolean {
  return (
    question.protocol === answer.protocol &&
    sameSide(sideOf(question, 'destination'), sideOf(answer, 'source')) &&
    sameSide(sideOf(question, 'source'), sideOf(answer, 'destination'))
  )
}

/** Is this, the inner packet of an ICMP error, the packet? One of its sides may be translated. */
function isAbout(about: Packet, { protocol, id, ...packet }: Packet): boolean {
  if (about.protocol !== protocol || about.id !== id) return false
  return about.source === packet.source || about.destination === packet.destination
}

/** Only what is compared later: the payload is a view of memory that is used again. */
function detached({ about: _, transport, ...ip }: Packet): Packet {
  return { ...ip, payload: nothing, ...(transport && { transport: { ...transport, payload: nothing } }) }
}

/** Addresses, ports and most of the rest; not checksums, which a link completes. */
function isStart(kept: Uint8Array, frame: Uint8Array): boolean {
  return kept.length >= COMPARED && Buffer.compare(kept.subarray(0, COMPARED), frame.subarray(0, COMPARED)) === 0
}

/** Ethernet, IPv4 with its identification, and the ports. */
const COMPARED = 14 + 20 + 4
const nothing = new Uint8Array()

function hardware(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, 6).toString('hex')
}
