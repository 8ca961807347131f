/** One end of a cable, as the node that it belongs to sees it. */
export interface CableEnd {
  readonly node: string
  /** Name of the node's interface. */
  readonly interface: string
  readonly network: string
  /** Does the node pass packets on between several of its interfaces? */
  readonly forwards: boolean
  /** May the link lose, or hold up, what was seen on its way to the node? */
  readonly lossy: boolean
}

/** A frame that was seen at the far end of a cable. */
export interface SeenFrame {
  /** Number of the cable, in the order in which they were seen first. */
  readonly cable: number
  readonly end: CableEnd
  /** From the node's point of view: `outbound` is what it sent. */
  readonly direction: 'inbound' | 'outbound'
  /** Nanoseconds since 1970. */
  readonly time: bigint
  /** What was kept of it. */
  readonly data: Uint8Array
  /** Bytes that it had. */
  readonly length: number
  /** What happened to it, as far as it is known. */
  readonly comments: readonly string[]
}

/** 'alice eth0 (home)': what the interface of a cable is called in a capture. */
export function cableName({ node, interface: name, network }: CableEnd): string {
  return `${node} ${name} (${network})`
}
