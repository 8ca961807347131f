import {
  decodeEthernet,
  decodeFrame,
  ETHERTYPE_ARP,
  type Icmp,
  icmp6Type,
  icmpType,
  type Packet,
  PROTOCOL_ICMP,
} from '../packet/index.ts'
import { printEndpoint } from './tuple.ts'

const arp = 'ARP'

/** A frame in one line: 'UDP 192.168.1.2:40000 → 203.0.113.10:3478, 5 bytes, ttl 64'. */
export function describeFrame(frame: Uint8Array): string {
  const packet = decodeFrame(frame)
  if (packet !== undefined) return describePacket(packet)
  const ethernet = decodeEthernet(frame)
  if (ethernet === undefined) return `${frame.length} bytes`
  const { source, destination, type, payload } = ethernet
  if (type === ETHERTYPE_ARP && payload.length >= 28) return describeArp(payload)
  return `${source} → ${destination}, EtherType 0x${type.toString(16).padStart(4, '0')}`
}

/** A packet in one line, as {@link describeFrame}. */
function describePacket(packet: Packet): string {
  const { ttl, fragment, payload } = packet
  const place = fragment === undefined ? '' : `, fragment at ${fragment.offset}${fragment.more ? '' : ' (last)'}`
  return `${kindOf(packet)} ${printPath(packet)}, ${packet.transport?.payload.length ?? payload.length} bytes, ttl ${ttl}${place}`
}

/** '192.168.1.2:40000 → 203.0.113.10:3478'. */
function printPath(packet: Packet): string {
  return `${printEndpoint(packet, 'source')} → ${printEndpoint(packet, 'destination')}`
}

function kindOf({ family, transport, protocol, about }: Packet): string {
  switch (transport?.kind) {
    case 'udp':
      return 'UDP'
    case 'tcp':
      return `TCP ${transport.flags.join(',').toUpperCase()}`
    case 'icmp':
      return `${family === 4 ? 'ICMP' : 'ICMPv6'} ${icmpWord(transport, family)}${about === undefined ? '' : ` (${printPath(about)})`}`
    default:
      return protocol === PROTOCOL_ICMP ? 'ICMP' : `protocol ${protocol}`
  }
}

const unreachable: Readonly<Record<number, string>> = {
  0: 'net unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  13: 'administratively prohibited',
}
/** RFC 4443 section 3.1 */
const unreachable6: Readonly<Record<number, string>> = {
  0: 'no route',
  1: 'administratively prohibited',
  3: 'address unreachable',
  4: 'port unreachable',
}

/** What an ICMP message says: 'port unreachable', 'echo request', 'time exceeded', 'type 42'. */
export function icmpWord({ type, code }: Pick<Icmp, 'type' | 'code'>, family: 4 | 6): string {
  if (type === (family === 4 ? icmpType.unreachable : icmp6Type.unreachable)) {
    return (family === 4 ? unreachable : unreachable6)[code] ?? `unreachable (code ${code})`
  }
  const words: Readonly<Record<number, string>> = family === 4 ? icmpWords : icmp6Words
  return words[type] ?? `type ${type}`
}

const icmpWords: Readonly<Record<number, string>> = {
  [icmpType.echo]: 'echo request',
  [icmpType.echoReply]: 'echo reply',
  [icmpType.timeExceeded]: 'time exceeded',
  [icmpType.parameterProblem]: 'parameter problem',
}
const icmp6Words: Readonly<Record<number, string>> = {
  [icmp6Type.echo]: 'echo request',
  [icmp6Type.echoReply]: 'echo reply',
  [icmp6Type.packetTooBig]: 'packet too big',
  [icmp6Type.timeExceeded]: 'time exceeded',
  [icmp6Type.parameterProblem]: 'parameter problem',
  [icmp6Type.routerSolicitation]: 'router solicitation',
  [icmp6Type.routerAdvertisement]: 'router advertisement',
  [icmp6Type.neighbourSolicitation]: 'neighbour solicitation',
  [icmp6Type.neighbourAdvertisement]: 'neighbour advertisement',
}

/** RFC 826, for IPv4 over Ethernet. */
function describeArp(payload: Uint8Array): string {
  const [sender, target] = [payload.subarray(14, 18).join('.'), payload.subarray(24, 28).join('.')]
  const operation = payload[6]! * 256 + payload[7]!
  return operation === 1 ? `${arp} who has ${target}? tell ${sender}` : `${arp} ${sender} is here (to ${target})`
}
