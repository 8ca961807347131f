import type { Expression, Family } from '../expr/index.ts'
import { ModelError } from '../model/error.ts'
import { internetProtocols, networkProtocols } from '../model/names.ts'
import type { Field, Selector } from '../model/selector.ts'
import type { Protocol } from '../model/source.ts'
import { valueData } from './bytes.ts'

type Network = 'ip' | 'ip6'

const ARPHRD_ETHER = 1n // linux/if_arp.h
const ETH_P_8021Q = 0x8100n
const ETH_P_ARP = 0x0806n
const etherTypes: Readonly<Record<Network, bigint>> = { ip: 0x0800n, ip6: 0x86ddn } // ETH_P_IP, ETH_P_IPV6

const transports: Partial<Record<Protocol, number>> = {
  tcp: internetProtocols.tcp,
  udp: internetProtocols.udp,
  icmp: internetProtocols.icmp,
  icmpv6: internetProtocols['ipv6-icmp'],
  igmp: internetProtocols.igmp,
  udplite: internetProtocols.udplite,
  sctp: internetProtocols.sctp,
  dccp: internetProtocols.dccp,
  ah: internetProtocols.ah,
  esp: internetProtocols.esp,
  comp: internetProtocols.comp,
}

const networks: Partial<Record<Protocol, Network>> = { ip: 'ip', ip6: 'ip6', icmp: 'ip', icmpv6: 'ip6', igmp: 'ip' }

/** `load; cmp eq`, the form of every match that is added in front of a statement. */
function matchMeta(
  key: 'nfproto' | 'protocol' | 'l4proto' | 'iiftype',
  data: ReturnType<typeof valueData>,
): Expression[] {
  return [
    { expr: 'meta', key, dreg: 1 },
    { expr: 'cmp', sreg: 1, op: 'eq', data },
  ]
}

/**
 * What is known of the packet at a place in a rule. A header can be read only where its protocol is known, so that
 * matches for it are put in front, as nft does; and what contradicts itself is refused, as nft does.
 */
export class Protocols {
  readonly #family: Family
  #link = false
  #vlan = false
  #arp = false
  /** The type of the ICMP message is known. */
  #message = false
  #network: Network | undefined
  /** Protocol numbers that are possible; undefined: all. */
  #transport: readonly number[] | undefined

  constructor(family: Family) {
    this.#family = family
    if (family === 'ip' || family === 'ip6') this.#network = family
  }

  /** Has the rule matched a transport protocol? */
  get knowsTransport(): boolean {
    return this.#transport !== undefined
  }

  /** Matches that have to come before the selector is read. */
  need(selector: Selector): Expression[] {
    return selector.fields.flatMap((field) => this.#needField(field))
  }

  /** `byFrame`: nft looks into the frame for what lies behind the network header, where it can. */
  needNetwork(network: Network, byFrame = false): Expression[] {
    if (this.#network === network) return []
    if (this.#network !== undefined) throw conflict(this.#network, network)
    this.#network = network
    return this.#matchNetwork(network, byFrame)
  }

  needTransport(name: Protocol, number: number): Expression[] {
    if (this.#transport?.length === 1 && this.#transport[0] === number) return []
    if (this.#transport !== undefined) throw conflict(this.#transport.join(' or '), `${name} (${number})`)
    this.#transport = [number]
    return matchMeta('l4proto', valueData(BigInt(number), 1, 'host'))
  }

  /** Learns from a match that came true. */
  learn(field: Field, values: readonly bigint[]): void {
    const { source } = field
    const isMeta = source.from === 'meta'
    if (isMeta && source.key === 'nfproto' && values.length === 1) this.#learnNetwork(values[0]!)
    const isTransport = field.text === 'meta l4proto' || field.text === 'ip protocol' || field.text === 'ip6 nexthdr'
    if (isTransport) this.#transport = values.map(Number)
    if (field.text === 'icmp type' || field.text === 'icmpv6 type') this.#message = true
    const isFrame = field.text === 'ether type' || field.text === 'vlan type' || this.#isFrame(field)
    if (isFrame && values.length === 1) this.#learnFrame(values[0]!)
  }

  #learnNetwork(value: bigint): void {
    if (this.#family !== 'inet') {
      throw new ModelError(`'meta nfproto' in a table of family ${this.#family}`, 'it is of use in inet tables only')
    }
    this.#network = Number(value) === networkProtocols.ipv4 ? 'ip' : 'ip6'
  }

  /** In inet tables nft goes by `meta nfproto`, whatever else was matched. */
  #isFrame({ text }: Field): boolean {
    return text === 'meta protocol' && this.#family !== 'inet'
  }

  #learnFrame(type: bigint): void {
    if (type === ETH_P_ARP) this.#arp = true
    if (type === ETH_P_8021Q) this.#vlan = true
    if (type === etherTypes.ip) this.#network = 'ip'
    if (type === etherTypes.ip6) this.#network = 'ip6'
  }

  #needField(field: Field): Expression[] {
    const { source } = field
    if (source.from === 'ct' && (source.key === 'proto_src' || source.key === 'proto_dst')) this.#checkPorts(field)
    if (source.from === 'payload') return this.#needProtocol(source.protocol)
    if (source.from === 'hash' && source.selector !== undefined) return this.need(source.selector)
    if (source.from !== 'exthdr') return []
    return source.op === 'ipv6' ? this.needNetwork('ip6') : source.op === 'ipv4' ? this.needNetwork('ip') : []
  }

  /** Was the type of the ICMP message not known until now? From here on it is. */
  learnMessage(): boolean {
    const known = this.#message
    this.#message = true
    return !known
  }

  #checkPorts(field: Field): void {
    if (this.knowsTransport) return
    throw new ModelError(
      `'${field.text}' of an unknown protocol`,
      "put a match such as meta.l4proto.eq('udp') before it",
    )
  }

  #needProtocol(protocol: Protocol): Expression[] {
    if (protocol === 'ether') return this.#needEther()
    if (protocol === 'vlan') return this.#needVlan()
    if (protocol === 'arp') return this.#needArp()
    if (protocol === 'th' || protocol === 'raw') return []
    const network = networks[protocol]
    const number = transports[protocol]
    if (number === undefined) return network === undefined ? [] : this.needNetwork(network)
    const known = this.#transport?.length === 1 && this.#transport[0] === number
    const before = network === undefined || known ? [] : this.needNetwork(network, true)
    return [...before, ...this.needTransport(protocol, number)]
  }

  #needEther(): Expression[] {
    if (this.#link || this.#family === 'bridge') return []
    this.#link = true
    return matchMeta('iiftype', valueData(ARPHRD_ETHER, 2, 'host'))
  }

  #needVlan(): Expression[] {
    if (this.#vlan) return []
    this.#vlan = true
    return [...this.#needEther(), ...matchFrame(12, ETH_P_8021Q)]
  }

  #needArp(): Expression[] {
    if (this.#arp || this.#family === 'arp') return []
    this.#arp = true
    if (this.#family === 'bridge' || this.#vlan) return matchFrame(this.#vlan ? 16 : 12, ETH_P_ARP)
    if (this.#family === 'netdev') return matchMeta('protocol', valueData(ETH_P_ARP, 2, 'network'))
    throw new ModelError(`'arp' in a table of family ${this.#family}`)
  }

  #matchNetwork(network: Network, byFrame: boolean): Expression[] {
    if (this.#family === 'inet') {
      const number = network === 'ip' ? networkProtocols.ipv4 : networkProtocols.ipv6
      return matchMeta('nfproto', valueData(BigInt(number), 1, 'host'))
    }
    if (this.#vlan) return matchFrame(16, etherTypes[network])
    if (this.#family === 'bridge' && byFrame) return matchFrame(12, etherTypes[network])
    if (this.#family === 'bridge' || this.#family === 'netdev') {
      return matchMeta('protocol', valueData(etherTypes[network], 2, 'network'))
    }
    throw new ModelError(`'${network}' in a table of family ${this.#family}`)
  }
}

/** `ether type`, or with a VLAN tag the type behind it. */
function matchFrame(offset: number, type: bigint): Expression[] {
  return [
    { expr: 'payload', base: 'link', offset, len: 2, dreg: 1 },
    { expr: 'cmp', sreg: 1, op: 'eq', data: valueData(type, 2, 'network') },
  ]
}

function conflict(known: string, wanted: string): ModelError {
  return new ModelError(
    `the rule has matched ${known} and now reads ${wanted}`,
    "use 'th' for the ports of several protocols",
  )
}
