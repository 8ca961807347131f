import { type Endpoint, PacketSocket } from '@sallyport/linux'
import { batchOf, connect, drop, Ruleset } from '@sallyport/nftables'
import type { LabNode } from '../../node.ts'
import {
  decodeEthernet,
  decodePacket,
  ETHERTYPE_IPV4,
  encodeEthernet,
  encodeIp,
  type IpOptions,
  type Packet,
} from '../../packet/index.ts'

/** A packet as it arrived, and the bytes that it was read from (IP header first). */
export interface Arrived extends Packet {
  readonly bytes: Uint8Array
}

/**
 * A host that a check plays by hand: it sends packets byte by byte and sees what arrives, while its kernel answers
 * nothing but ARP. So every segment, ICMP error and fragment of a check is one that the check made.
 */
export class Station implements Disposable {
  readonly node: LabNode
  readonly #socket: PacketSocket
  readonly #link: number
  readonly #mac: string
  readonly #gateway: string
  readonly #arrived: Arrived[] = []

  /** @param gateway hardware address that everything is sent to: the router's on this network */
  constructor(node: LabNode, gateway: string) {
    using route = node.route()
    const { index, hardwareAddress } = route.link('eth0')
    this.node = node
    this.#link = index
    this.#mac = hardwareAddress!
    this.#gateway = gateway
    silence(node)
    this.#socket = PacketSocket.open({ namespace: node.namespace, link: index })
  }

  get name(): string {
    return this.node.name
  }

  get address(): string {
    return this.node.address
  }

  at(port: number): Endpoint {
    return { address: this.address, port }
  }

  /** Sends a packet by its header and content; the source defaults to the station's own address. */
  send(header: Omit<IpOptions, 'source'> & { readonly source?: string }, payload: Uint8Array): void {
    this.sendBytes(encodeIp({ source: this.address, ...header }, payload))
  }

  /** Sends a whole packet, IP header first, as it is. */
  sendBytes(packet: Uint8Array): void {
    const frame = { source: this.#mac, destination: this.#gateway, type: ETHERTYPE_IPV4, payload: packet }
    this.#socket.send(encodeEthernet(frame), this.#link)
  }

  /** The first packet that fits, taken out; undefined when none came in time (milliseconds). */
  async receive(wanted: (packet: Arrived) => boolean, within = 400): Promise<Arrived | undefined> {
    const end = performance.now() + within
    for (;;) {
      this.#take()
      const index = this.#arrived.findIndex(wanted)
      if (index >= 0) return this.#arrived.splice(index, 1)[0]
      const left = end - performance.now()
      if (left <= 0) return undefined
      await this.#socket.wait(Math.ceil(left))
    }
  }

  /** Everything that has arrived so far, taken out. */
  drain(): Arrived[] {
    this.#take()
    return this.#arrived.splice(0)
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]()
  }

  #take(): void {
    this.#socket.receive((frame) => {
      const ethernet = decodeEthernet(frame)
      if (ethernet?.destination !== this.#mac || ethernet.type !== ETHERTYPE_IPV4) return
      const bytes = ethernet.payload.slice()
      const packet = decodePacket(bytes)
      if (packet !== undefined) this.#arrived.push({ ...packet, bytes })
    })
  }
}

/** The kernel of the node gets no IPv4 packet, so it answers none; packet sockets hear them before that. */
function silence(node: LabNode): void {
  const rules = new Ruleset()
  const hook = { type: 'filter', hook: 'prerouting', priority: 'raw', policy: 'drop' } as const
  rules.table('ip', 'played_by_hand').chain('prerouting', hook).rule(drop())
  using nftables = connect({ namespace: node.namespace })
  nftables.commit(batchOf(rules))
}
