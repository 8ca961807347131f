import type { TurnClientEvent } from './events.ts'
import type { Credentials, LongTermSession } from './session.ts'

/** Others are asked for so long before the ones that we have end, or at half of their time. Milliseconds. */
const MARGIN = 60_000
/** After nobody could give any they are asked for again. Milliseconds. */
const PAUSE = 5000

export interface RenewalParts {
  readonly renewable: boolean
  readonly session: () => LongTermSession
  readonly emit: (event: Extract<TurnClientEvent, { type: 'credentials' }>) => void
}

/**
 * When to ask for other credentials: shortly before the ones that we have end, and when the server refuses them. Those
 * that were asked for and are refused as well, before any server took them, are believed to be wrong.
 */
export class Renewal {
  readonly #parts: RenewalParts
  #why: 'refused' | 'ending' = 'ending'
  #asking = false
  #due: number
  /** Not before then, since nobody could give any a moment ago. */
  #pause = 0

  constructor(parts: RenewalParts, now: number) {
    this.#parts = parts
    this.#due = this.#endOf(parts.session().credentials, now)
  }

  get deadline(): number {
    return this.#asking ? Number.POSITIVE_INFINITY : this.#due
  }

  /** The server refuses what we have. False: there is nothing to wait for. */
  refused(now: number): boolean {
    if (!this.#parts.renewable || !this.#parts.session().isTried) return false
    this.#why = 'refused'
    this.#due = Math.max(now, this.#pause)
    return true
  }

  /** Others are there, asked for at that time. False: they are the same. */
  given(credentials: Credentials, asked: number): boolean {
    const isNew = this.#parts.session().renew(credentials, this.#why === 'refused')
    this.#asking = false
    this.#why = 'ending'
    this.#due = this.#endOf(credentials, asked)
    return isNew
  }

  /** There are none, for now. */
  missing(now: number): void {
    this.#asking = false
    this.#pause = now + PAUSE
    this.#due = this.#pause
  }

  poll(now: number): void {
    if (this.#asking || this.#due > now) return
    // One that ties allocations to names: it takes the old ones still, or refuses them when it is time.
    if (this.#why === 'ending' && this.#parts.session().isBound) this.#due = Number.POSITIVE_INFINITY
    else {
      this.#asking = true
      this.#parts.emit({ type: 'credentials', why: this.#why })
    }
  }

  /** Milliseconds; infinite where nobody said, and where there are no others. */
  #endOf({ ttl }: Credentials, asked: number): number {
    if (ttl === undefined || !this.#parts.renewable) return Number.POSITIVE_INFINITY
    return asked + ttl * 1000 - Math.min(MARGIN, ttl * 500)
  }
}
