import { channelNumber, type Endpoint, xorPeerAddress } from '../../stun/index.ts'
import { TurnError } from './error.ts'
import type { Upkeep } from './events.ts'
import { Lease } from './lease.ts'

/** RFC 8656 section 12: ten minutes, asked for again after nine. Milliseconds. */
const LIFETIME = 600_000
const MARGIN = 60_000
/** So long after its end a number is not used for another peer, nor a peer for another number (section 12). */
const QUARANTINE = 300_000
const FIRST = 0x4000
const LAST = 0x4fff
/** Peers that are counted for automatic channels; more begin anew. */
const COUNTED = 1024
/** A peer is sent to often when it is within this time. */
const WINDOW = 60_000

export interface Channel {
  readonly number: number
  readonly peer: Endpoint
  readonly lease: Lease
  /** Made because the peer was sent to often; ends when that is over. */
  auto: boolean
  used: number
  /** The server took it; until then data goes without it. */
  bound: boolean
  /** It came to its end then, and is here for its number alone. */
  ended: number | undefined
}

/** Channels (RFC 8656 section 12): bound, and bound again for as long as they are wanted. */
export class Channels {
  readonly #upkeep: Upkeep
  readonly #often: number
  readonly #byPeer: Map<string, Channel> = new Map()
  readonly #byNumber: Map<number, Channel> = new Map()
  readonly #counts: Map<string, { count: number; since: number }> = new Map()
  readonly #permitted: (channel: Channel, asked: number, now: number) => void
  #last = LAST

  /**
   * @param often so many datagrams to a peer within a minute make a channel; 0: never
   * @param permitted a channel that the server took is a permission too
   */
  constructor(upkeep: Upkeep, often: number, permitted: (channel: Channel, asked: number, now: number) => void) {
    this.#upkeep = upkeep
    this.#often = often
    this.#permitted = permitted
  }

  get deadline(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { lease } of this.#byNumber.values()) if (!lease.asking) first = Math.min(first, lease.renew)
    return first
  }

  /** The channel by which data goes to a peer. */
  to(peer: string, now: number): Channel | undefined {
    const channel = this.#byPeer.get(peer)
    return channel?.bound && channel.lease.isAlive(now) ? channel : undefined
  }

  /** The channel by which data comes; one whose answer is on its way counts, since the server may use it already. */
  from(number: number): Channel | undefined {
    const channel = this.#byNumber.get(number)
    return channel?.ended === undefined ? channel : undefined
  }

  /** Says `bound` at once when it is. */
  want(peer: Endpoint, now: number, auto: boolean): void {
    const existing = this.#byPeer.get(keyOf(peer))
    if (existing === undefined) {
      this.#add(peer, now, auto)
      return
    }
    existing.auto &&= auto
    if (existing.ended !== undefined) revive(existing, now)
    else if (existing.bound && !auto)
      this.#upkeep.emit({ type: 'bound', peer: existing.peer, channel: existing.number })
  }

  /** Counts a datagram that went without a channel; true when the peer is sent to so often that it gets one. */
  sent(peer: Endpoint, key: string, now: number): boolean {
    const existing = this.#byPeer.get(key)
    if (this.#often === 0 || (existing !== undefined && existing.ended === undefined)) return false
    const counted = this.#counted(key, now)
    counted.count += 1
    if (counted.count < this.#often) return false
    this.#counts.delete(key)
    this.want(peer, now, true)
    return true
  }

  #counted(key: string, now: number): { count: number; since: number } {
    const counted = this.#counts.get(key)
    if (counted !== undefined && now - counted.since <= WINDOW) return counted
    if (this.#counts.size >= COUNTED) this.#counts.clear()
    const anew = { count: 0, since: now }
    this.#counts.set(key, anew)
    return anew
  }

  /** It is not bound again; its number stays taken for as long as the server may know it. */
  forget(peer: string, now: number): void {
    const channel = this.#byPeer.get(peer)
    if (channel !== undefined) end(channel, now)
  }

  poll(now: number): void {
    for (const channel of this.#byNumber.values()) {
      if (!channel.lease.isDue(now)) continue
      if (channel.ended !== undefined) this.#remove(channel)
      else if (channel.auto && channel.bound && now - channel.used > LIFETIME - MARGIN) end(channel, now)
      else this.#ask(channel, now)
    }
  }

  #add(peer: Endpoint, now: number, auto: boolean): void {
    const number = this.#free()
    if (number === undefined) {
      this.#upkeep.emit({ type: 'unbound', peer, error: new TurnError('channelBind', 508, 'all numbers are taken') })
      return
    }
    const channel = { number, peer, lease: new Lease(now), auto, used: now, bound: false, ended: undefined }
    this.#byPeer.set(keyOf(peer), channel)
    this.#byNumber.set(number, channel)
  }

  #free(): number | undefined {
    if (this.#byNumber.size > LAST - FIRST) return undefined
    do this.#last = this.#last === LAST ? FIRST : this.#last + 1
    while (this.#byNumber.has(this.#last))
    return this.#last
  }

  #remove({ peer, number }: Channel): void {
    this.#byPeer.delete(keyOf(peer))
    this.#byNumber.delete(number)
  }

  #ask(channel: Channel, now: number): void {
    channel.lease.asking = true
    const attributes = [channelNumber.of(channel.number), xorPeerAddress.of(channel.peer)]
    this.#upkeep.ask('channelBind', attributes, now, ({ failed }, later) => {
      if (failed === undefined) this.#grant(channel, now, later)
      else this.#refuse(channel, failed, later)
    })
  }

  #grant(channel: Channel, asked: number, now: number): void {
    channel.lease.granted(asked, LIFETIME, MARGIN)
    if (channel.ended !== undefined) {
      end(channel, now)
      return
    }
    const { bound, peer, number } = channel
    channel.bound = true
    this.#permitted(channel, asked, now)
    if (!bound) this.#upkeep.emit({ type: 'bound', peer, channel: number })
  }

  #refuse(channel: Channel, error: TurnError, now: number): void {
    const verdict = channel.lease.refused(error, now)
    if (channel.ended === undefined && verdict === 'again') return
    const { peer, ended } = channel
    end(channel, now)
    if (ended === undefined) this.#upkeep.emit({ type: 'unbound', peer, error })
  }
}

/** From now on it is only a number that is taken, until nobody can know it any more. */
function end(channel: Channel, now: number): void {
  channel.ended = now
  channel.bound = false
  // A request that is on its way may bind it still.
  channel.lease.renew = Math.max(channel.lease.until, now) + QUARANTINE
}

function revive(channel: Channel, now: number): void {
  channel.ended = undefined
  channel.lease.renew = now
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`
}
