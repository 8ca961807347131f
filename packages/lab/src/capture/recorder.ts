import type { KnownCable } from './cables.ts'
import type { Sink } from './file.ts'
import type { SeenFrame } from './frame.ts'
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  type NamedAddress,
  nameResolution,
  sectionHeader,
} from './pcapng.ts'

/** Frames into a pcapng file: one interface for each cable, described when it is found. */
export class Recorder implements Disposable {
  readonly #sink: Sink
  readonly #snap: number
  readonly #start: bigint
  /** By number of the cable. */
  readonly #counts: number[] = []
  #pending: Uint8Array[] = []

  constructor(sink: Sink, { snap, start }: { readonly snap: number; readonly start: bigint }) {
    this.#sink = sink
    this.#snap = snap
    this.#start = start
    this.#pending.push(sectionHeader({ application: 'sallyport' }))
  }

  /** What addresses are called; those that were said before need not be said again. */
  names(names: readonly NamedAddress[]): void {
    if (names.length > 0) this.#pending.push(nameResolution(names))
  }

  cable({ number, description }: KnownCable): void {
    this.#counts[number] = 0
    this.#pending.push(interfaceDescription({ ...description, snap: this.#snap }))
  }

  frame({ cable, time, data, length, direction, comments }: SeenFrame): void {
    this.#counts[cable]! += 1
    this.#pending.push(enhancedPacket({ interface: cable, time, data, length, direction, comments }))
  }

  /** Hands over what was gathered. */
  flush(): void {
    if (this.#pending.length === 0) return
    const bytes = Buffer.concat(this.#pending)
    this.#pending = []
    this.#sink.write(bytes)
  }

  /** The counters at the end of the file. `missed`: frames that are not in it, by number of the cable. */
  finish(time: bigint, missed: ReadonlyMap<number, number>): void {
    for (const [number, count] of this.#counts.entries()) {
      const dropped = missed.get(number) ?? 0
      const [received, lost] = [BigInt(count + dropped), BigInt(dropped)]
      this.#pending.push(interfaceStatistics({ interface: number, start: this.#start, time, received, dropped: lost }))
    }
    this.flush()
  }

  [Symbol.dispose](): void {
    this.#sink[Symbol.dispose]()
  }
}
