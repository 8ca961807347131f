import { formatIp, inPrefix, NetworkNamespace, PacketSocket, parseIp, parsePrefix, Route } from '@sallyport/linux'
import { decodeEthernet, ETHERTYPE_IPV4, ETHERTYPE_IPV6, encodeEthernet } from '../packet/index.ts'
import { type SiitMaps, translate4to6, translate6to4, under } from './siit.ts'

/** The well-known prefix (RFC 6052 section 2.1). */
export const NAT64_PREFIX = '64:ff9b::/96'

/** The router's interfaces to the translator, one for each family. */
const SIX = 'nat64'
const FOUR = 'nat46'
/** IPv6's header is 20 bytes longer, and a fragment has one of 8 more: IPv4 has to leave so much shorter. */
const IPV4_MTU = 1472
/** The translator as a neighbour of the router. */
const GATEWAY = 'fe80::64'
/** IETF protocol assignments (RFC 6890): no LAN of anybody is there. The router has the first address. */
const POOL = { network: '192.0.0.0/24', router: '192.0.0.1/32', first: 2, last: 254 }

/** The address at which hosts of IPv6 alone find one of IPv4: '203.0.113.10' is '64:ff9b::cb00:710a'. */
export function nat64Address(address: string): string {
  return formatIp(under(parsePrefix(NAT64_PREFIX).bytes, address))
}

/**
 * NAT64 for the hosts behind a router (RFC 6146): what they send to {@link NAT64_PREFIX} leaves as IPv4. Headers are
 * translated here (RFC 7915), every host getting an IPv4 address of a pool; the router's own NAT then does with those
 * what it does with all others. So a NAT64 behaves as the router's NAT behaves.
 */
export class Nat64 implements AsyncDisposable {
  readonly #router: NetworkNamespace
  readonly #far: NetworkNamespace
  readonly #socket: PacketSocket
  readonly #six: Cable
  readonly #four: Cable
  readonly #hosts = new Map<string, string>()
  readonly #back = new Map<string, string>()
  /** Addresses of the pool that hosts have given back. */
  readonly #free: string[] = []
  #used = 0
  #refused: readonly ReturnType<typeof parsePrefix>[] = []
  readonly #maps: SiitMaps
  readonly #running: Promise<void>

  /** Plugs a translator into a router, whose packets it translates from when this returns. */
  constructor(router: NetworkNamespace) {
    this.#router = router
    this.#far = NetworkNamespace.create()
    this.#six = plug(router, this.#far, SIX)
    this.#four = plug(router, this.#far, FOUR)
    lead(router, this.#six)
    this.#socket = PacketSocket.open({ namespace: this.#far })
    this.#maps = { to4: (address) => this.#to4(address), to6: (address) => this.#to6(address) }
    this.#running = this.#translate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket[Symbol.dispose]()
    await this.#running
    this.#far[Symbol.dispose]()
  }

  async #translate(): Promise<void> {
    while (await this.#socket.wait()) {
      const translated: { cable: Cable; type: number; payload: Uint8Array }[] = []
      this.#socket.receive((bytes, { direction }) => {
        const frame = direction === 'in' ? decodeEthernet(bytes) : undefined
        const result = frame && this.#translated(frame.type, frame.payload)
        if (result !== undefined) translated.push(result)
      })
      for (const { cable, ...frame } of translated) {
        this.#socket.send(encodeEthernet({ source: cable.far, destination: cable.near, ...frame }), cable.link)
      }
    }
  }

  /** What comes as one family goes back by the cable of the other. */
  #translated(type: number, packet: Uint8Array): { cable: Cable; type: number; payload: Uint8Array } | undefined {
    if (type === ETHERTYPE_IPV6) {
      const payload = translate6to4(packet, this.#maps)
      return payload && { cable: this.#four, type: ETHERTYPE_IPV4, payload }
    }
    const payload = type === ETHERTYPE_IPV4 ? translate4to6(packet, this.#maps) : undefined
    return payload && { cable: this.#six, type: ETHERTYPE_IPV6, payload }
  }

  /** What is under the prefix has its IPv4 address in it; every other is a host, which gets one of the pool. */
  #to4(address: string): string | undefined {
    const { bytes, family } = parseIp(address)
    if (inPrefix(parsePrefix(NAT64_PREFIX), { bytes, family })) return formatIp(bytes.subarray(12))
    if (bytes[0] === 0xff || (bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80)) return undefined // not of this link
    return this.#hosts.get(address) ?? this.#newHost(address)
  }

  #to6(address: string): string | undefined {
    return this.#back.get(address) ?? nat64Address(address)
  }

  /** Of these prefixes there are no hosts any longer: they give their addresses of the pool back. */
  refuse(prefixes: readonly string[]): void {
    this.#refused = prefixes.map(parsePrefix)
    for (const [host, address] of this.#hosts) {
      if (!this.#isRefused(host)) continue
      this.#hosts.delete(host)
      this.#back.delete(address)
      this.#free.push(address)
    }
  }

  #isRefused(host: string): boolean {
    return this.#refused.some((prefix) => inPrefix(prefix, parseIp(host)))
  }

  #newHost(host: string): string | undefined {
    if (this.#isRefused(host)) return undefined
    const address = this.#free.shift() ?? this.#neighbour()
    if (address === undefined) return undefined
    this.#hosts.set(host, address)
    this.#back.set(address, host)
    return address
  }

  /** An address of the pool that nobody has had: the router is told where it is. */
  #neighbour(): string | undefined {
    const number = POOL.first + this.#used
    if (number > POOL.last) return undefined
    this.#used += 1
    const address = POOL.network.replace('0/24', `${number}`)
    using route = Route.open({ namespace: this.#router })
    route.addNeighbour({ dev: FOUR, address, hardwareAddress: this.#four.far })
    return address
  }
}

/** What a router's NAT needs to know of its translator: whence its packets come, and with which addresses. */
export const nat64Inside: { readonly lan: string; readonly inside: string } = { lan: FOUR, inside: POOL.network }

/** A cable between router and translator: the Ethernet addresses of its ends, and the index of the far one. */
interface Cable {
  readonly near: string
  readonly far: string
  readonly link: number
}

function plug(router: NetworkNamespace, far: NetworkNamespace, name: string): Cable {
  using near = Route.open({ namespace: router })
  using there = Route.open({ namespace: far })
  near.addVeth({ name, peer: { name, namespace: far } })
  there.setLink(name, { up: true })
  // One packet in one frame: the translator has no use for what offload would put together.
  near.setLink(name, { up: true, gsoMaxSegments: 1 })
  const end = there.link(name)
  return { near: near.link(name).hardwareAddress!, far: end.hardwareAddress!, link: end.index }
}

/** What is under the prefix goes to the translator, and so does what is for an address of the pool. */
function lead(router: NetworkNamespace, { far }: Cable): void {
  using route = Route.open({ namespace: router })
  route.addAddress(FOUR, POOL.router)
  route.addRoute({ to: POOL.network, dev: FOUR, mtu: IPV4_MTU })
  route.addNeighbour({ dev: SIX, address: GATEWAY, hardwareAddress: far })
  route.addRoute({ to: NAT64_PREFIX, via: GATEWAY, dev: SIX })
}
