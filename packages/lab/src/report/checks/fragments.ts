import type { Endpoint } from '@sallyport/linux'
import { encodeIp, encodeUdp, PROTOCOL_UDP } from '../../packet/index.ts'
import { printEndpoint } from '../../traffic/endpoint.ts'
import { notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { isIcmp } from '../rig/errors.ts'
import { open } from '../rig/flow.ts'
import { fragmentsOf, reassemble } from '../rig/fragments.ts'
import { pause } from '../rig/pause.ts'
import type { Rig } from '../rig/rig.ts'
import type { Station } from '../rig/station.ts'

const NARROW = 1280
const LARGE = 1400

/** RFC 4787 REQ-13. */
export async function fragmentationNeeded(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig({ wanMtu: NARROW })
  const [host] = hosts
  const datagram = encodeUdp(host.at(40_000), servers[0].at(3478), new Uint8Array(LARGE))
  host.send({ destination: servers[0].address, protocol: PROTOCOL_UDP, dontFragment: true }, datagram)
  const told = await host.receive((packet) => isIcmp(packet, 3, 4), 300)
  const mtu = told?.transport?.kind === 'icmp' ? told.transport.rest & 0xffff : undefined
  const sent = `a packet of ${LARGE + 28} bytes with DF, where the WAN takes ${NARROW}`
  const answer =
    told === undefined ? 'is lost in silence' : `is answered by ${told.source}: fragmentation needed, MTU ${mtu}`
  return verdictOf(mtu === NARROW, [`${sent}, ${answer}`])
}

/** RFC 4787 REQ-13a: fragmented without DF; in order, which is a SHOULD. */
export async function fragmentsWhereItMust(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig({ wanMtu: NARROW })
  const [host] = hosts
  const datagram = encodeUdp(host.at(40_000), servers[0].at(3478), new Uint8Array(LARGE))
  host.send({ destination: servers[0].address, protocol: PROTOCOL_UDP, id: 0x4100 }, datagram)
  const whole = await reassemble(servers[0], LARGE)
  const sent = `a packet of ${LARGE + 28} bytes without DF, where the WAN takes ${NARROW}`
  if (whole === undefined) return verdictOf(false, [`${sent}, does not arrive`])
  const ordered = whole.offsets.every((offset, index) => index === 0 || offset > whole.offsets[index - 1]!)
  return verdictOf(ordered, [`${sent}, arrives in fragments at offsets ${whole.offsets.join(', ')}`])
}

const orders = { 'in order': [0, 1, 2, 3], reversed: [3, 2, 1, 0], mixed: [2, 0, 3, 1] } as const
const SIZE = 3000

/** RFC 4787 REQ-14: first packets of a mapping, and packets that come in. */
export async function outOfOrder(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  let all = true
  for (const [name, order] of Object.entries(orders)) {
    const rig = await bench.rig()
    const [host, server] = [rig.hosts[0], rig.servers[0]]
    const port = rig.port()
    const outward = await pass(host, host.at(port), server.at(3478), order, server)
    const flow = await open('udp', host, port, server)
    const inward = flow !== undefined && (await pass(server, server.at(3478), flow.external, order, host))
    evidence.push(
      `four fragments ${name}: ${outward ? 'get out' : 'are lost on the way out'}, ${inward ? 'get in' : 'are lost on the way in'}`,
    )
    all &&= outward && inward
  }
  return verdictOf(all, evidence, {
    advice: 'conntrack reassembles when it is in the way; stateless rules see later fragments without ports',
  })
}

async function pass(
  from: Station,
  source: Endpoint,
  to: Endpoint,
  order: readonly number[],
  listener: Station,
): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    listener.drain()
    const content = new Uint8Array(SIZE).fill(attempt + 1)
    const parts = fragmentsOf(source, to, content)
    for (const index of order) from.sendBytes(parts[index]!)
    const whole = await reassemble(listener, SIZE)
    if (whole !== undefined && Buffer.from(whole.datagram.subarray(8)).equals(content)) return true
  }
  return false
}

const FLOOD = 3000

/** RFC 4787 REQ-14a: incomplete packets of a stranger, and then a flow's unfragmented and fragmented ones. */
export async function survivesFragmentFlood(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const [host, server] = [rig.hosts[0], rig.servers[0]]
  const flow = await open('udp', host, rig.port(), server)
  if (flow === undefined) return notTestable('no flow from inside gets out')
  await flood(rig)
  const evidence = [`${FLOOD} first fragments of a stranger towards ${printEndpoint(flow.external)}, without the rest`]
  const whole = (await open('udp', host, flow.port, server)) !== undefined
  const ordered = await pass(host, host.at(flow.port), server.at(3478), orders['in order'], server)
  evidence.push(`then unfragmented packets ${whole ? 'get through' : 'are lost'}`)
  evidence.push(`and fragments in order ${ordered ? 'get through' : 'are lost'}`)
  return verdictOf(whole && ordered, evidence, {
    advice:
      'incomplete packets of all senders share one memory (net.ipv4.ipfrag_high_thresh), and while it is full no new ones ' +
      'are taken: limit the fragments of each sender before conntrack reassembles them (prerouting, priority below -400)',
  })
}

async function flood({ stranger, wan }: Rig): Promise<void> {
  const header = { source: stranger.address, destination: wan, protocol: PROTOCOL_UDP }
  for (let count = 0; count < FLOOD; count += 1) {
    const fragment = { offset: 0, more: true }
    stranger.sendBytes(encodeIp({ ...header, id: count, fragment }, new Uint8Array(1400)))
    if (count % 256 === 0) await pause(0)
  }
}

/** RFC 7857 section 10: two hosts with one identification towards one server, in packets that may be fragmented. */
export async function uniqueIdentification(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig()
  const evidence: string[] = []
  const seen: (number | undefined)[] = []
  for (const host of hosts) {
    const datagram = encodeUdp(host.at(40_000), servers[0].at(3478), Buffer.from('with an id'))
    host.send({ destination: servers[0].address, protocol: PROTOCOL_UDP, id: 0x1234 }, datagram)
    const arrived = await servers[0].receive(({ protocol }) => protocol === PROTOCOL_UDP, 250)
    evidence.push(
      `${host.name} sends identification 0x1234, ${arrived ? `0x${arrived.id?.toString(16)} arrives from ${arrived.source}` : 'nothing arrives'}`,
    )
    seen.push(arrived?.id)
  }
  return verdictOf(seen[0] !== undefined && seen[1] !== undefined && seen[0] !== seen[1], evidence, {
    advice: 'Linux forwards identifications as they are: a rule behind NAT would have to write others (`ip id set …`)',
  })
}
