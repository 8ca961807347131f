/** What one direction of a cable has done since it was plugged. */
export interface LinkCounters {
  /** Frames that were sent into it, and their bytes, Ethernet headers included. */
  readonly frames: number
  readonly bytes: number
  /** Frames that came out, copies included; those still on their way are not among them. */
  readonly delivered: number
  readonly dropped: {
    /** As asked for by `loss`. */
    readonly loss: number
    /** No room in the queue of `rate`, or more on their way than the wire holds, which is 256 MiB. */
    readonly queue: number
    /** On their way when the cable was pulled out. */
    readonly unplugged: number
  }
  readonly duplicated: number
  readonly reordered: number
  readonly corrupted: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Counters while they count. */
export type Counting = Mutable<Omit<LinkCounters, 'dropped'>> & { readonly dropped: Mutable<LinkCounters['dropped']> }

export function noneYet(): Counting {
  return {
    frames: 0,
    bytes: 0,
    delivered: 0,
    dropped: { loss: 0, queue: 0, unplugged: 0 },
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
  }
}
