import type { Packet } from '../packet/index.ts'

/** One side of a packet: an address, and the port, or the identifier of an echo, that belongs to it. */
export interface Side {
  readonly address: string
  readonly port?: number
  readonly id?: number
}

export function sideOf(packet: Packet, which: 'source' | 'destination'): Side {
  const { transport } = packet
  const address = packet[which]
  if (transport?.kind === 'udp' || transport?.kind === 'tcp')
    return { address, port: which === 'source' ? transport.sourcePort : transport.destinationPort }
  // The identifier belongs to whoever asks: it is what a NAT translates (RFC 5508 section 3.1).
  const asker = isEcho(packet, [8, 128]) ? 'source' : isEcho(packet, [0, 129]) ? 'destination' : undefined
  return transport?.kind === 'icmp' && asker === which ? { address, id: transport.rest >>> 16 } : { address }
}

/** '192.168.1.2:40000', '[2001:db8::2]:40000', '192.168.1.2 (id 7)', '192.168.1.2'. */
export function printSide({ address, port, id }: Side): string {
  if (id !== undefined) return `${address} (id ${id})`
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

export function printEndpoint(packet: Packet, which: 'source' | 'destination'): string {
  return printSide(sideOf(packet, which))
}

export function sameSide(a: Side, b: Side): boolean {
  return a.address === b.address && a.port === b.port && a.id === b.id
}

function isEcho({ transport, about }: Packet, types: readonly number[]): boolean {
  return transport?.kind === 'icmp' && about === undefined && types.includes(transport.type)
}
