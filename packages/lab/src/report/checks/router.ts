import { encodeIp, encodeUdp, icmpType, internetChecksum, PROTOCOL_ICMP, PROTOCOL_UDP } from '../../packet/index.ts'
import { notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { aboutOf, errorMessage, isIcmp } from '../rig/errors.ts'
import type { Rig } from '../rig/rig.ts'
import type { Arrived } from '../rig/station.ts'

/** A datagram from the first host whose time ends at the router. */
function expiring({ hosts, servers }: Rig): Uint8Array {
  const [host, server] = [hosts[0], servers[0]]
  const datagram = encodeUdp(host.at(40_000), server.at(33_434), Buffer.from('traceroute'))
  return encodeIp({ source: host.address, destination: server.address, protocol: PROTOCOL_UDP, ttl: 1 }, datagram)
}

const timeExceeded = (packet: Arrived): boolean => isIcmp(packet, icmpType.timeExceeded)

/** RFC 5508 REQ-10a.2: the router says when the time of a packet is exceeded. */
export async function saysTimeExceeded(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  rig.hosts[0].sendBytes(expiring(rig))
  const told = await rig.hosts[0].receive(timeExceeded, 300)
  const about = told && aboutOf(told)
  const said =
    told === undefined ? 'says nothing' : `says so as ${told.source}, about a packet to port ${about?.to.port}`
  return verdictOf(about?.to.port === 33_434, [`the time of a packet ends at the router, which ${said}`])
}

/** RFC 5508 REQ-10d: the diffserv class of an error is that of the packet that caused it. */
export async function copiesDiffserv(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const packet = expiring(rig)
  packet[1] = EXPEDITED
  rig.hosts[0].sendBytes(withChecksum(packet))
  const told = await rig.hosts[0].receive(timeExceeded, 300)
  if (told === undefined) return notTestable('the router sends no error')
  const own = told.bytes[1]!
  return verdictOf(
    own === EXPEDITED,
    [`a packet with DS field 0x${EXPEDITED.toString(16)} causes an error with 0x${own.toString(16)}`],
    {
      limitation:
        'icmp_send() of Linux keeps the old TOS bits and sets precedence 6 (RFC 1812 section 4.3.2.5) instead',
    },
  )
}

const EXPEDITED = 46 << 2 // RFC 3246

/** RFC 5508 REQ-10e, RFC 1812 section 4.3.2.7: no errors about errors, nor about later fragments. */
export async function noErrorsAboutErrors(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const [host, server] = [rig.hosts[0], rig.servers[0]]
  const inner = encodeUdp(server.at(3478), host.at(40_000), Buffer.from('x'))
  const about = encodeIp({ source: server.address, destination: host.address, protocol: PROTOCOL_UDP }, inner)
  host.send({ destination: server.address, protocol: PROTOCOL_ICMP, ttl: 1 }, errorMessage(about))
  const fragment = { offset: 800, more: true }
  host.send({ destination: server.address, protocol: PROTOCOL_UDP, ttl: 1, id: 7, fragment }, new Uint8Array(80))
  const told = await host.receive((packet) => isIcmp(packet), 150)
  return verdictOf(told === undefined, [
    `an ICMP error and a later fragment with TTL 1: ${told ? 'an error comes back' : 'silence'}`,
  ])
}

const BURST = 200

/** RFC 5508 REQ-10f, with the rate limit that Linux has by default; the rig's own routers have none. */
export async function limitsErrors(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  rig.router.sysctl('net.ipv4.icmp_ratelimit', 1000)
  for (let count = 0; count < BURST; count += 1) rig.hosts[0].sendBytes(expiring(rig))
  await rig.hosts[0].receive(() => false, 200)
  const told = rig.hosts[0].drain().filter(timeExceeded).length
  return verdictOf(told < BURST, [`${BURST} packets whose time is exceeded at once cause ${told} errors`])
}

function withChecksum(packet: Uint8Array): Uint8Array {
  const view = new DataView(packet.buffer, packet.byteOffset)
  view.setUint16(10, 0)
  view.setUint16(10, internetChecksum(packet.subarray(0, 20)))
  return packet
}
