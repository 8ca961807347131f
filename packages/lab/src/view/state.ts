/** What a view shows of a lab at one moment. */
export interface ViewState {
  readonly title: string
  /** Milliseconds since the view began. */
  readonly elapsed: number
  readonly nodes: readonly ViewNode[]
  /** The last packets, a line for each, the newest last. */
  readonly packets: readonly string[]
}

export interface ViewNode {
  readonly name: string
  readonly isRouter: boolean
  readonly addresses: readonly string[]
  readonly links: readonly ViewLink[]
  /** Of routers. */
  readonly conntrack?: ViewConntrack
  /** Counters of rules, those that grew first. */
  readonly rules: readonly ViewRule[]
  /** Packets that came in and did not leave, since the view began. */
  readonly dropped: number
}

export interface ViewLink {
  readonly interface: string
  readonly network: string
  /** What was asked for, in words: '20ms, loss 1 %'; '' for a plain cable. */
  readonly impairment: string
  /** From the node to the network, and back. */
  readonly up: Rate
  readonly down: Rate
}

export interface Rate {
  /** Per second. */
  readonly packets: number
  readonly bits: number
}

export interface ViewConntrack {
  readonly count: number
  /** Entries that came last, the newest first, a line for each. */
  readonly newest: readonly string[]
}

export interface ViewRule {
  /** 'ip nat_lab forward: unsolicited', by its comment or its handle. */
  readonly name: string
  readonly packets: bigint
  /** Since the state before. */
  readonly more: bigint
}
