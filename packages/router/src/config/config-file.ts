import type { Filtering, Mapping, Protocol, TimeoutName } from './config.ts'

/** A config as a person writes it, in YAML, JSON or a module: `export default {…} satisfies ConfigFile`. */
export interface ConfigFile {
  /** The JSON Schema of this file, for editors; not read here. */
  readonly $schema?: string
  /** The interface, or interfaces, towards the internet. */
  readonly wan: string | readonly string[]
  /** Interface → the router's own address there with its prefix length, or several of them. */
  readonly lan: Readonly<Record<string, string | readonly string[]>>
  /** Name → IPv4 address. The names are for the rest of the file. */
  readonly hosts?: Readonly<Record<string, string | HostEntry>>
  /** Default: endpoint-independent mapping of UDP with address-and-port-dependent filtering, for everybody. */
  readonly nat?: NatEntry
  /** What is sent on from the WAN address: `tcp/1000 -> workstation:2345`. Default: nothing. */
  readonly forwards?: readonly (string | ForwardEntry)[]
  /**
   * What may be begun; all else that is new is dropped. Default: `lan -> wan`, and
   * `lan -> router: [icmp, tcp/22, tcp/53, udp/53, udp/67, udp/547]`, which keeps the LAN's way to repair the router open.
   */
  readonly allow?: readonly (string | Readonly<Record<string, readonly string[]>>)[]
  /** What the kernel remembers of connections, and for how long. Default: what the RFCs ask for at least. */
  readonly conntrack?: ConntrackEntry
}

export interface HostEntry {
  /** IPv4, inside the subnet of a LAN interface. */
  readonly address: string
  /** Ports that are forwarded to this host and given to nobody else: `udp/45000-45010`. Default: none. */
  readonly owns?: readonly string[]
}

export interface NatEntry {
  /** RFC 4787 section 4.1. Default: endpoint-independent. */
  readonly mapping?: Mapping
  /** RFC 4787 section 5; may not be wider than `mapping`. Default: address-and-port-dependent, which lets no stranger in. */
  readonly filtering?: Filtering
  /** Default: udp. */
  readonly protocols?: readonly Protocol[]
  /** Names from `hosts`. Default: the whole LAN. */
  readonly hosts?: readonly string[]
  /** Ports that no outbound packet opens: `udp/5353`, `udp/0-1024`. Default: 0-1023 of both protocols, less what is forwarded. */
  readonly reserved?: readonly string[]
  /** Silence after which a mapping is gone, 2s to 1d. Default: 5m (RFC 4787 REQ-5). */
  readonly timeout?: string
  /** Open external ports per host, 1 to 65535. Default: 1024. */
  readonly limit?: number | 'none'
  /** Silence after which another host that wants the port may take it, 1s to `timeout`. Default: 2m, or `timeout` if shorter. */
  readonly takeover?: string
}

export interface ConntrackEntry {
  /** Connections that the kernel remembers at a time, on the whole machine, from 1. Default: as it is. */
  readonly max?: number
  /** Silence after which a connection is forgotten, by its state, 1s to 24d. Default: at least what the RFCs ask for. */
  readonly timeouts?: Readonly<Partial<Record<TimeoutName, string>>>
}

export interface ForwardEntry {
  /** `tcp/1000` */
  readonly from: string
  /** `workstation:2345` */
  readonly to: string
}
