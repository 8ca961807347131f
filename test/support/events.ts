import { EventEmitter, once } from 'node:events'
import type { PortEvent, Router, RouterEvent } from '@sallyport/router'

/** The router's events from now on, in order, kept until a test asks for them. */
export class Watch implements AsyncDisposable {
  readonly #seen: RouterEvent[] = []
  readonly #news = new EventEmitter()
  readonly #events: ReturnType<Router['events']>
  readonly #reading: Promise<void>

  /** @param signal the test's, so that a failed test does not keep the process alive */
  constructor(router: Router, signal: AbortSignal) {
    this.#events = router.events({ signal })
    this.#reading = this.#read()
  }

  /** All of a type so far. */
  seen(type: PortEvent['type']): PortEvent[] {
    return this.#seen.filter((event) => event.type === type) as PortEvent[]
  }

  /** The first one of a type that fits, whether it came already or comes in time (milliseconds); else throws. */
  async first(type: PortEvent['type'], fits = (_: PortEvent): boolean => true, within = 5000): Promise<PortEvent> {
    const late = AbortSignal.timeout(within)
    for (;;) {
      const event = this.seen(type).find(fits)
      if (event !== undefined) return event
      await once(this.#news, 'event', { signal: late }).catch((cause) => {
        throw new Error(`no '${type}' within ${within} ms; came: ${JSON.stringify(this.#seen)}`, { cause })
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events.return()
    await this.#reading
  }

  async #read(): Promise<void> {
    for await (const event of this.#events) {
      this.#seen.push(event)
      this.#news.emit('event')
    }
  }
}
