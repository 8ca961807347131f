import koffi from 'koffi'
import type { ModelPacket, ModelProtocol } from '../../../src/model/index.ts'
import type { LabNode } from '../../../src/node.ts'
import {
  decodePacket,
  echo,
  encodeIcmp,
  encodeTcp,
  encodeUdp,
  icmpType,
  type TcpFlag,
} from '../../../src/packet/index.ts'

const AF_INET = 2
const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const PROTOCOLS: Readonly<Record<ModelProtocol, number>> = { 'icmp-echo': 1, tcp: 6, udp: 17 }

const lib = koffi.load(null)
const c = {
  socket: lib.func('int socket(int domain, int type, int protocol)'),
  sendto: lib.func(
    'long sendto(int fd, const void *bytes, size_t length, int flags, const void *address, uint32_t size)',
  ),
  recv: lib.func('long recv(int fd, void *bytes, size_t length, int flags)'),
  close: lib.func('int close(int fd)'),
}

/** A packet that arrived somewhere. */
export interface Arrival {
  readonly node: string
  readonly packet: ModelPacket
}

/**
 * A host that sends and receives the packets of the model as they are, through raw sockets: nothing answers by
 * itself, nothing is sent twice, and what the kernel does with one packet is over when `send` returns.
 */
export class RawHost implements Disposable {
  readonly name: string
  readonly address: string
  readonly #sockets: ReadonlyMap<ModelProtocol, number>
  readonly #buffer = new Uint8Array(2048)

  constructor(node: LabNode) {
    this.name = node.name
    this.address = node.address
    this.#sockets = node.run(() => {
      const open = (protocol: number): number => c.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)
      return new Map(Object.entries(PROTOCOLS).map(([name, number]) => [name as ModelProtocol, open(number)]))
    })
  }

  send(packet: ModelPacket): void {
    const bytes = encode(packet)
    const address = Buffer.from([
      AF_INET,
      0,
      0,
      0,
      ...packet.destination.address.split('.').map(Number),
      ...Array(8).fill(0),
    ])
    const sent = c.sendto(this.#sockets.get(packet.protocol)!, bytes, bytes.length, 0, address, address.length)
    if (sent !== bytes.length) throw new Error(`${this.name} could not send: errno ${koffi.errno()}`)
  }

  receive(): Arrival[] {
    return [...this.#sockets].flatMap(([protocol, fd]) => this.#drain(protocol, fd))
  }

  #drain(protocol: ModelProtocol, fd: number): Arrival[] {
    const arrivals: Arrival[] = []
    for (;;) {
      const length = c.recv(fd, this.#buffer, this.#buffer.length, 0)
      if (length < 0) return arrivals
      const packet = decode(protocol, this.#buffer.slice(0, length))
      if (packet?.text) arrivals.push({ node: this.name, packet })
    }
  }

  [Symbol.dispose](): void {
    for (const fd of this.#sockets.values()) c.close(fd)
  }
}

/** Sequence numbers of a connection in which nobody sends more than a few bytes; the router does not mind the rest. */
function encode({ protocol, source, destination, flags = {}, text = '' }: ModelPacket): Uint8Array {
  const payload = Buffer.from(text)
  if (protocol === 'udp') return encodeUdp(source, destination, payload)
  if (protocol === 'tcp') {
    const names = (Object.keys(flags) as TcpFlag[]).filter((name) => flags[name as keyof typeof flags])
    const first = flags.syn ? 1000 : 1001
    const acknowledgement = flags.ack ? 1001 : 0
    return encodeTcp(source, destination, { sequence: first, acknowledgement, flags: names }, payload)
  }
  const asks = destination.port === 0
  return encodeIcmp(
    asks ? icmpType.echo : icmpType.echoReply,
    0,
    echo(asks ? source.port : destination.port, 1),
    payload,
  )
}

function decode(protocol: ModelProtocol, bytes: Uint8Array): ModelPacket | undefined {
  const packet = decodePacket(bytes)
  const transport = packet?.transport
  if (packet === undefined || transport === undefined) return undefined
  const { source, destination } = packet
  if (transport.kind === 'udp' || transport.kind === 'tcp') {
    const flags =
      transport.kind === 'tcp' ? { flags: Object.fromEntries(transport.flags.map((name) => [name, true])) } : {}
    return {
      protocol,
      source: { address: source, port: transport.sourcePort },
      destination: { address: destination, port: transport.destinationPort },
      ...flags,
      text: Buffer.from(transport.payload).toString(),
    }
  }
  if (transport.type !== icmpType.echo && transport.type !== icmpType.echoReply) return undefined
  const identifier = transport.rest >>> 16
  const asks = transport.type === icmpType.echo
  return {
    protocol,
    source: { address: source, port: asks ? identifier : 0 },
    destination: { address: destination, port: asks ? 0 : identifier },
    text: Buffer.from(transport.payload).toString(),
  }
}
