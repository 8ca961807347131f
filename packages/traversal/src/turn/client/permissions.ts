import { type Endpoint, xorPeerAddress } from '../../stun/index.ts'
import type { TurnError } from './error.ts'
import type { Upkeep } from './events.ts'
import { Lease } from './lease.ts'

/** RFC 8656 section 9: five minutes, asked for again after four. Milliseconds. */
const LIFETIME = 300_000
const MARGIN = 60_000
/** One that nobody asked for in words ends when it was not used for so long. */
const IDLE = 600_000
/** Peers in one request: keeps it far below the size of any path. */
const IN_ONE = 16
/** Datagrams that wait for the answer, of one address. */
const PATIENT = 16

/** An address that was refused is not asked for by sending again within this time; at most so many are remembered. */
const REFUSAL = 5000
const REMEMBERED = 256

/** A datagram that waits until it may be sent. */
export interface Waiting {
  readonly peer: Endpoint
  readonly bytes: Uint8Array
  readonly dontFragment: boolean
}

export interface Permission {
  readonly address: string
  readonly lease: Lease
  /** Asked for by sending; else by the caller, and then kept for good. */
  auto: boolean
  /** When something was sent or came. */
  used: number
  /** Refused together with others, which may not be its fault: now it is asked for alone. */
  alone: boolean
  readonly waiting: Waiting[]
}

/** Who may send to the relay (RFC 8656 section 10): asked for, and asked for again for as long as it is wanted. */
export class Permissions {
  readonly #upkeep: Upkeep
  readonly #all: Map<string, Permission> = new Map()
  /** Address → until when sending to it does not ask again. */
  readonly #refused: Map<string, number> = new Map()
  readonly #flush: (waiting: Waiting) => void

  /** @param flush gets the datagrams that waited */
  constructor(upkeep: Upkeep, flush: (waiting: Waiting) => void) {
    this.#upkeep = upkeep
    this.#flush = flush
  }

  get deadline(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { lease } of this.#all.values()) if (!lease.asking) first = Math.min(first, lease.renew)
    return first
  }

  get(address: string): Permission | undefined {
    return this.#all.get(address)
  }

  /** Wanted for good; says `permitted` at once where it is there already. */
  want(address: string, now: number): void {
    const permission = this.#all.get(address) ?? this.#add(address, now, false)
    permission.auto = false
    if (permission.lease.isAlive(now)) this.#upkeep.emit({ type: 'permitted', address })
  }

  /** As {@link want}, because something is to be sent; undefined when the server refused it a moment ago. */
  wantToSend(address: string, now: number): Permission | undefined {
    const existing = this.#all.get(address)
    if (existing === undefined && (this.#refused.get(address) ?? 0) > now) return undefined
    return existing ?? this.#add(address, now, true)
  }

  /** The server gave it along with a channel (RFC 8656 section 12.2). */
  granted(address: string, asked: number, auto: boolean, now: number): void {
    const permission = this.#all.get(address) ?? this.#add(address, now, auto)
    permission.auto &&= auto
    if (!permission.lease.asking) this.#grant(permission, asked, now)
  }

  /** Keeps a datagram until the answer is there; false when enough of them wait. */
  delay(permission: Permission, waiting: Waiting): boolean {
    return permission.waiting.length < PATIENT && permission.waiting.push(waiting) > 0
  }

  /** It is not asked for again; the server forgets it within five minutes. */
  forget(address: string): void {
    this.#all.delete(address)
  }

  poll(now: number): void {
    const due = [...this.#all.values()].filter(({ lease }) => lease.isDue(now))
    const wanted = due.filter((permission) => !this.#lapses(permission, now))
    for (const each of wanted.filter(({ alone }) => alone)) this.#ask([each], now)
    const together = wanted.filter(({ alone }) => !alone)
    for (let at = 0; at < together.length; at += IN_ONE) this.#ask(together.slice(at, at + IN_ONE), now)
  }

  #add(address: string, now: number, auto: boolean): Permission {
    const permission = { address, lease: new Lease(now), auto, used: now, alone: false, waiting: [] }
    this.#all.set(address, permission)
    return permission
  }

  #lapses({ auto, used, address }: Permission, now: number): boolean {
    return auto && now - used > IDLE && this.#all.delete(address)
  }

  #ask(permissions: readonly Permission[], now: number): void {
    for (const { lease } of permissions) lease.asking = true
    // A permission is for an address; the port is there because the attribute has one (section 10.1).
    const peers = permissions.map(({ address }) => xorPeerAddress.of({ address, port: 0 }))
    this.#upkeep.ask('createPermission', peers, now, ({ failed }, later) => {
      const wanted = permissions.filter((each) => this.#all.get(each.address) === each)
      for (const each of wanted) {
        if (failed === undefined) this.#grant(each, now, later)
        else this.#refuse(each, failed, later, permissions.length > 1)
      }
    })
  }

  #grant(permission: Permission, asked: number, now: number): void {
    const { lease, address, waiting } = permission
    const isNews = !lease.isAlive(now)
    lease.granted(asked, LIFETIME, MARGIN)
    permission.alone = false
    if (isNews) this.#upkeep.emit({ type: 'permitted', address })
    for (const each of waiting.splice(0)) this.#flush(each)
  }

  #refuse(permission: Permission, error: TurnError, now: number, together: boolean): void {
    const { lease, address } = permission
    const verdict = lease.refused(error, now)
    if (together && error.code !== undefined) {
      // All or none (section 10.2): one of the others may be the reason.
      permission.alone = true
      lease.renew = now
    } else if (verdict === 'over') {
      this.#all.delete(address)
      if (this.#refused.size >= REMEMBERED) this.#refused.clear()
      this.#refused.set(address, now + REFUSAL)
      this.#upkeep.emit({ type: 'forbidden', address, error })
    }
  }
}
