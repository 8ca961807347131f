/** Where something was written. Line and column count from 1; both are 0 when the config is a module. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
  /** The way from the top of the document, such as `forwards[2]` or `nat.timeout`; '' is the document itself. */
  readonly path: string
}

export type Protocol = 'tcp' | 'udp'

/** RFC 4787 section 4.1. */
export type Mapping = 'endpoint-independent' | 'address-and-port-dependent'

/** RFC 4787 section 5. */
export type Filtering = 'endpoint-independent' | 'address-dependent' | 'address-and-port-dependent'

/** Both ends included; a single port has `from === to`. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

export interface ProtocolPorts extends PortRange {
  readonly protocol: Protocol
}

export interface Interface {
  readonly name: string
  readonly position: Position
}

/** One address of the router on a LAN interface, with the subnet that it makes reachable there. */
export interface LanAddress {
  readonly family: 4 | 6
  /** The router's own address, in canonical form. */
  readonly address: string
  readonly prefix: number
  /** The network's first address, in canonical form: `${network}/${prefix}` is the subnet. */
  readonly network: string
  readonly position: Position
}

export interface LanInterface extends Interface {
  readonly addresses: readonly LanAddress[]
}

/** Ports of the WAN address that go to one host unchanged, and that nobody else is ever given. */
export interface OwnedPorts extends ProtocolPorts {
  readonly position: Position
}

export interface Host {
  readonly name: string
  /** IPv4, inside the subnet of a LAN interface. */
  readonly address: string
  readonly owns: readonly OwnedPorts[]
  readonly position: Position
}

export interface Nat {
  readonly mapping: Mapping
  readonly filtering: Filtering
  /** The protocols that `mapping` and `filtering` are promised for; all others are masqueraded. */
  readonly protocols: readonly Protocol[]
  /** The hosts that they are promised to: everybody on the LAN, or these only (perhaps none). */
  readonly hosts: 'lan' | readonly Host[]
  /** Never opened by an outbound packet. Sorted, disjoint; `from` may be 0. */
  readonly reserved: readonly ProtocolPorts[]
  /** Seconds without a packet in either direction after which a mapping is gone. */
  readonly timeout: number
  /** Open external ports per host, 1 to 65535. */
  readonly limit: number | 'none'
  /** Seconds of silence after which another host that wants the port may take it; at most `timeout`. */
  readonly takeover: number
}

/** External ports of one protocol that go to a host. No two overlap, nor do they meet owned or (written) reserved ports. */
export interface Forward extends ProtocolPorts {
  readonly host: { readonly name: string; readonly address: string }
  /** As long as the external range: port `from + n` arrives at `target.from + n`. */
  readonly target: PortRange
  readonly position: Position
  /** As it was written. */
  readonly text: string
}

/** What may be begun from one zone to another. */
export interface Services {
  /** Everything, whatever the lists below say. */
  readonly all: boolean
  /** Echo requests, ICMP and ICMPv6. What a network needs to work (neighbour discovery, errors) is not asked about. */
  readonly icmp: boolean
  /** Sorted, disjoint. */
  readonly ports: readonly ProtocolPorts[]
}

export interface Allow {
  readonly lanToWan: Services
  /** Between LAN interfaces. */
  readonly lanToLan: Services
  readonly lanToRouter: Services
  readonly wanToRouter: Services
}

/**
 * Timers of conntrack: `tcp_X` is the kernel's net.netfilter.nf_conntrack_tcp_timeout_X, `X_stream` is
 * nf_conntrack_X_timeout_stream, and another X is nf_conntrack_X_timeout (Documentation/networking/nf_conntrack-sysctl.rst).
 */
export type TimeoutName =
  | 'udp'
  | 'udp_stream'
  | 'icmp'
  | 'icmpv6'
  | 'generic'
  | 'gre'
  | 'gre_stream'
  | 'tcp_syn_sent'
  | 'tcp_syn_recv'
  | 'tcp_established'
  | 'tcp_fin_wait'
  | 'tcp_close_wait'
  | 'tcp_last_ack'
  | 'tcp_time_wait'
  | 'tcp_close'
  | 'tcp_max_retrans'
  | 'tcp_unacknowledged'

/** What the config says about conntrack. What it does not say is left to the defaults, which depend on what the kernel has. */
export interface Conntrack {
  /** Connections at a time; undefined: as many as the kernel has room for now. */
  readonly max: number | undefined
  /** Seconds. */
  readonly timeouts: Readonly<Partial<Record<TimeoutName, number>>>
}

/** A config that was read, checked and resolved. Nothing is optional; defaults have been filled in. */
export interface Config {
  readonly file: string
  /** At least one. */
  readonly wan: readonly Interface[]
  /** At least one. */
  readonly lan: readonly LanInterface[]
  readonly hosts: readonly Host[]
  readonly nat: Nat
  readonly forwards: readonly Forward[]
  readonly allow: Allow
  readonly conntrack: Conntrack
}
