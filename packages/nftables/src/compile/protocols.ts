import type { Expression, Family } from '../expr/index.ts'
import { ModelError } from '../model/error.ts'
import { internetProtocols, networkProtocols } from '../model/names.ts'
import type { Field, Selector } from '../model/selector.ts'
import type { Protocol } from '../model/source.ts'
import { valueData } from './bytes.ts'

type Network = 'ip' | 'ip6'

const ARPHRD_ETHER = 1n // linux/if_arp.h
const etherTypes: Readonly<Record<Network, bigint>> = { ip: 0x0800n, ip6: 0x86ddn } // ETH_P_IP, ETH_P_IPV6

const transports: Partial<Record<Protocol, number>> = {
  tcp: internetProtocols.tcp,
  udp: internetProtocols.udp,
  icmp: internetProtocols.icmp,
  icmpv6: internetProtocols['ipv6-icmp'],
}

const networks: Partial<Record<Protocol, Network>> = { ip: 'ip', ip6: 'ip6', icmp: 'ip', icmpv6: 'ip6' }

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

  needNetwork(network: Network): Expression[] {
    if (this.#network === network) return []
    if (this.#network !== undefined) throw conflict(this.#network, network)
    this.#network = network
    return this.#matchNetwork(network)
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
  }

  #learnNetwork(value: bigint): void {
    if (this.#family !== 'inet') {
      throw new ModelError(`'meta nfproto' in a table of family ${this.#family}`, 'it is of use in inet tables only')
    }
    this.#network = Number(value) === networkProtocols.ipv4 ? 'ip' : 'ip6'
  }

  #needField(field: Field): Expression[] {
    const { source } = field
    if (source.from === 'ct' && (source.key === 'proto_src' || source.key === 'proto_dst')) this.#checkPorts(field)
    return source.from === 'payload' ? this.#needProtocol(source.protocol) : []
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
    if (protocol === 'th') return []
    const network = networks[protocol]
    const number = transports[protocol]
    if (number === undefined) return network === undefined ? [] : this.needNetwork(network)
    const known = this.#transport?.length === 1 && this.#transport[0] === number
    const before = network === undefined || known ? [] : this.needNetwork(network)
    return [...before, ...this.needTransport(protocol, number)]
  }

  #needEther(): Expression[] {
    if (this.#link || this.#family === 'bridge') return []
    this.#link = true
    return matchMeta('iiftype', valueData(ARPHRD_ETHER, 2, 'host'))
  }

  #matchNetwork(network: Network): Expression[] {
    if (this.#family === 'inet') {
      const number = network === 'ip' ? networkProtocols.ipv4 : networkProtocols.ipv6
      return matchMeta('nfproto', valueData(BigInt(number), 1, 'host'))
    }
    if (this.#family === 'bridge' || this.#family === 'netdev') {
      return matchMeta('protocol', valueData(etherTypes[network], 2, 'network'))
    }
    throw new ModelError(`'${network}' in a table of family ${this.#family}`)
  }
}

function conflict(known: string, wanted: string): ModelError {
  return new ModelError(
    `the rule has matched ${known} and now reads ${wanted}`,
    "use 'th' for the ports of several protocols",
  )
}
