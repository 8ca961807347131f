import type { Topology } from '../topology/index.ts'
import type { HappeningListener } from '../wire/index.ts'

/** The far end of a cable: index of its link in the fabric, and whose cable it is. */
export interface FabricPort {
  readonly ifindex: number
  readonly node: string
  readonly interface: string
  readonly network: string
}

/** What tells of frames that are lost. A `Wire` is one. */
export interface WatchedWire {
  watch(listener: HappeningListener): Disposable
  /** Resolves when it does what it was asked before, and has told what it did so far. */
  ready(): Promise<void>
}

/** What a capture needs of a lab. A `Lab` is one. */
export interface CaptureSource {
  readonly fabric: {
    /** Where every cable's far end is, and nothing else sends. */
    readonly namespace: { run<T>(fn: () => T): T }
    ports(): readonly FabricPort[]
    /** The wire, as soon as a link needs one: it tells which frames are lost on their link. */
    readonly wires?: { readonly wire: WatchedWire | undefined }
  }
  readonly topology: Topology
}
