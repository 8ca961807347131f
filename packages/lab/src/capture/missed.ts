import { Route } from '@sallyport/linux'
import type { Cables } from './cables.ts'
import type { CaptureSource } from './source.ts'

/**
 * Frames that the kernel passed and the capture did not get, because they came faster than this process reads them:
 * what the links counted, compared with what was seen.
 */
export class Missed {
  readonly #source: CaptureSource
  readonly #cables: Cables
  /** By index of the link: what it had counted when the capture began. */
  readonly #before: ReadonlyMap<number, number>
  readonly #seen = new Map<number, number>()

  /** When the socket hears already: what passes meanwhile is seen, and perhaps not counted as passed. */
  constructor(source: CaptureSource, cables: Cables) {
    this.#source = source
    this.#cables = cables
    this.#before = this.#counters()
  }

  /** A frame was seen on a link. */
  saw(link: number): void {
    this.#seen.set(link, (this.#seen.get(link) ?? 0) + 1)
  }

  /** What the links have counted by now; what waits has to be seen before it is {@link compare}d. */
  count(): ReadonlyMap<number, number> {
    return this.#counters()
  }

  /** Frames missed, by number of the cable; cables without are left out. */
  compare(counted: ReadonlyMap<number, number>): Map<number, number> {
    const missed = new Map<number, number>()
    for (const [link, total] of counted) {
      const cable = this.#cables.find(link)
      const count = total - (this.#before.get(link) ?? 0) - (this.#seen.get(link) ?? 0)
      if (cable !== undefined && count > 0) missed.set(cable.number, (missed.get(cable.number) ?? 0) + count)
    }
    return missed
  }

  #counters(): Map<number, number> {
    using route = Route.open({ namespace: this.#source.fabric.namespace })
    return new Map(
      route
        .links()
        .map(({ index, counters }) => [index, Number((counters?.rxPackets ?? 0n) + (counters?.txPackets ?? 0n))]),
    )
  }
}
