import { type Attached, type Endpoint, lifetime, mobilityTicket } from '../../stun/index.ts'
import { allocatedIn, lifetimeIn, marginOf, ticketIn, wishOf } from './allocation.ts'
import { TurnError } from './error.ts'
import type { Allocated, Closed, TurnClientEvent } from './events.ts'
import { Lease } from './lease.ts'
import type { TurnClientOptions } from './options.ts'
import { Redirector } from './redirect.ts'
import { Renewal } from './renewal.ts'
import { type Answer, Requests } from './requests.ts'
import { type Credentials, LongTermSession } from './session.ts'

export type TurnClientState = 'allocating' | 'redirected' | 'alive' | 'moving' | 'releasing' | 'closed'

export interface KeeperEvents {
  emit(event: TurnClientEvent): void
  /** The allocation follows us to our new address: what waited may go. */
  moved(now: number): void
}

/** What a server gives that does not say (RFC 8656 section 3.2). Milliseconds. */
const USUAL = 600_000

/** One allocation: asked for, refreshed in time, moved, given back. */
export class AllocationKeeper {
  readonly #options: TurnClientOptions
  readonly #events: KeeperEvents
  readonly #redirector: Redirector
  readonly requests: Requests
  readonly renewal: Renewal
  session: LongTermSession
  server: Endpoint
  state: TurnClientState = 'allocating'
  allocated: Allocated | undefined
  ticket: Uint8Array | undefined
  readonly #lease: Lease
  #cleared = false

  constructor(options: TurnClientOptions, events: KeeperEvents, now: number) {
    const { transport = 'udp', retransmission = {}, random } = options
    this.#options = options
    this.#events = events
    this.server = options.server
    this.session = new LongTermSession(options)
    const reliable = retransmission.reliable ?? transport !== 'udp'
    const session = (): LongTermSession => this.session
    const refused = (at: number): boolean => this.state !== 'releasing' && this.renewal.refused(at)
    this.requests = new Requests({ session, random, retransmission: { ...retransmission, reliable }, refused })
    this.renewal = new Renewal({ renewable: options.renewable ?? false, session, emit: (e) => events.emit(e) }, now)
    this.#redirector = new Redirector(options)
    this.#lease = new Lease(now)
    this.#allocate(now)
  }

  get deadline(): number {
    return this.state !== 'alive' || this.#lease.asking ? Number.POSITIVE_INFINITY : this.#lease.renew
  }

  poll(now: number): void {
    if (this.state === 'alive' && this.#lease.isDue(now)) this.#refresh(now)
  }

  move(now: number): boolean {
    if (this.ticket === undefined || (this.state !== 'alive' && this.state !== 'moving')) return false
    // A refresh that is on its way has the old ticket and comes from the old address: this one takes its place.
    this.requests.cancel('refresh')
    this.requests.hold()
    this.state = 'moving'
    this.#refresh(now, true)
    return true
  }

  /** Other credentials; what waited for them goes on. The same ones are none. */
  renew(credentials: Credentials, asked: number, now: number): void {
    if (this.renewal.given(credentials, asked)) this.requests.fed(now)
    else this.notRenewed(now)
  }

  /** Before there is an allocation nothing is to be lost by giving up. */
  notRenewed(now: number, cause?: unknown): void {
    this.renewal.missing(now)
    if (this.allocated === undefined) this.requests.starved(now, true, cause)
  }

  restart(server: Endpoint, now: number): void {
    this.server = server
    this.session = new LongTermSession(this.session.credentials)
    this.state = 'allocating'
    this.#allocate(now)
  }

  release(now: number): void {
    this.requests.clear()
    this.state = 'releasing'
    const settle = (_: unknown, later: number): void => this.close({ why: 'released' }, later)
    if (this.allocated === undefined) settle(undefined, now)
    else this.requests.ask('refresh', [lifetime.of(0), ...this.#ticketToShow()], now, settle)
  }

  close(closed: Closed, now: number): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.requests.abort('closed', now)
    this.#events.emit({ type: 'closed', ...closed })
  }

  #allocate(now: number): void {
    this.#redirector.asked(this.server, now)
    this.requests.ask('allocate', wishOf(this.#options), now, (answer, later) => this.#onAllocate(answer, now, later))
  }

  #onAllocate(answer: Answer, asked: number, now: number): void {
    const allocated = answer.failed === undefined ? allocatedIn(answer.message) : undefined
    const lasts = answer.message && lifetimeIn(answer.message)
    if (allocated === undefined || lasts === undefined) {
      this.#onRefused(answer, now)
      return
    }
    this.#lease.granted(asked, lasts, marginOf(lasts))
    this.ticket = answer.message && ticketIn(answer.message)
    this.allocated = allocated
    this.state = 'alive'
    this.#events.emit({ type: 'allocated', ...allocated })
  }

  #onRefused(answer: Answer, now: number): void {
    const error = answer.failed ?? new TurnError('allocate', 'malformed')
    const elsewhere = error.code === 300 ? this.#redirector.follow(answer, now) : undefined
    if (elsewhere !== undefined) {
      this.state = 'redirected'
      this.#events.emit({ type: 'redirected', ...elsewhere })
    } else if (error.code === 437 && !this.#cleared) this.#clear(now)
    else this.close({ why: 'refused', error }, now)
  }

  /** An allocation of ours is left on this 5-tuple, by an answer that was lost or an earlier life: it goes first. */
  #clear(now: number): void {
    this.#cleared = true
    this.requests.ask('refresh', [lifetime.of(0)], now, (_, later) => this.#allocate(later))
  }

  #refresh(now: number, ahead = false): void {
    const { lifetime: seconds } = this.#options
    const attributes = [...(seconds === undefined ? [] : [lifetime.of(seconds)]), ...this.#ticketToShow()]
    this.#lease.asking = true
    this.requests.ask('refresh', attributes, now, (answer, later) => this.#onRefresh(answer, now, later), ahead)
  }

  #onRefresh({ failed, message }: Answer, asked: number, now: number): void {
    if (failed !== undefined) {
      const again = failed.code !== 437 && this.state === 'alive' && this.#lease.refused(failed, now) === 'again'
      if (!again) this.close({ why: 'lost', error: failed }, now)
      return
    }
    const lasts = lifetimeIn(message) ?? USUAL
    this.#lease.granted(asked, lasts, marginOf(lasts))
    this.ticket = ticketIn(message) ?? this.ticket
    if (this.state === 'moving') this.#onMoved(now)
  }

  #onMoved(now: number): void {
    this.state = 'alive'
    this.requests.resume(now)
    this.#events.emit({ type: 'moved' })
    this.#events.moved(now)
  }

  #ticketToShow(): readonly Attached[] {
    return this.ticket === undefined ? [] : [mobilityTicket.of(this.ticket)]
  }
}
