import type { TurnError } from './error.ts'

/** After an error that may pass, it is tried again so much later. Milliseconds. */
const PAUSE = 2000

/** Something that the server gives for a time and that has to be asked for again before its end. Milliseconds. */
export class Lease {
  /** When the server forgets it, counted from when the request was made: it cannot be earlier. */
  until: number = 0
  /** When to ask (again). */
  renew: number
  asking: boolean = false

  constructor(now: number) {
    this.renew = now
  }

  isAlive(now: number): boolean {
    return this.until > now
  }

  isDue(now: number): boolean {
    return !this.asking && this.renew <= now
  }

  /** @param margin so long before the end it is asked for again */
  granted(asked: number, lifetime: number, margin: number): void {
    this.asking = false
    this.until = asked + lifetime
    this.renew = this.until - margin
  }

  /** Whether there is time, and sense, to try again: a server that refuses for good is believed. */
  refused({ code, trouble }: TurnError, now: number): 'again' | 'over' {
    this.asking = false
    const passing = code === undefined ? trouble !== 'closed' : code >= 500
    this.renew = code === undefined ? now : now + PAUSE
    return passing && this.until > this.renew ? 'again' : 'over'
  }
}
