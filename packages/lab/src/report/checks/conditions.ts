import type { Endpoint } from '@sallyport/linux'
import { encodeIp, encodeUdp, PROTOCOL_UDP } from '../../packet/index.ts'
import { printEndpoint } from '../../traffic/endpoint.ts'
import { verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { deliver, newMark, sendDatagram, sourceOf, textOf } from '../rig/datagrams.ts'
import { isIcmp } from '../rig/errors.ts'
import { open } from '../rig/flow.ts'
import { pause } from '../rig/pause.ts'
import type { Rig } from '../rig/rig.ts'
import type { Station } from '../rig/station.ts'
import { filteringOf } from './filtering.ts'
import { alonePort, crossedPorts, earlyProbe } from './mapping.ts'

/** Something that makes careless NATs behave in another way; after it, both behaviours are measured again. */
const conditions: Readonly<Record<string, (rig: Rig, bench: Bench) => Promise<unknown>>> = {
  'a fresh router': async () => {},
  'with 300 other flows': async (rig) => {
    for (let port = 20_000; port < 20_300; port += 1) sendDatagram(rig.hosts[1], port, rig.servers[0].at(9), newMark())
  },
  'after an hour of silence': async (rig) => {
    await open('udp', rig.hosts[0], rig.port(), rig.servers[0])
    rig.age(3600)
  },
  'after a reload': async (rig, bench) => {
    await open('udp', rig.hosts[0], 40_000, rig.servers[0])
    if (bench.subject.kind !== 'nft') bench.reload(rig)
  },
}

/** RFC 4787 REQ-11: mapping and filtering are the same whatever happens. */
export async function deterministic(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const found = new Set<string>()
  const tell = (condition: string, independent: boolean, filtering = ''): void => {
    const words = `${independent ? 'endpoint-independent' : 'destination-dependent'} mapping${filtering && `, ${filtering} filtering`}`
    evidence.push(`${condition}: ${words}`)
    found.add(independent ? 'independent' : 'dependent')
    if (filtering !== '') found.add(filtering)
  }
  for (const [name, condition] of Object.entries(conditions)) {
    const rig = await bench.rig()
    await condition(rig, bench)
    const independent = await alonePort(rig, 'udp', [])
    const flow = await open('udp', rig.hosts[0], rig.port(), rig.servers[0])
    tell(name, independent, flow === undefined ? 'no' : await filteringOf(rig, flow, []))
  }
  tell('two hosts on one port', await crossedPorts(await bench.rig(), 'udp', []))
  tell('after an early probe', await earlyProbe(await bench.rig(), 'udp', []))
  return verdictOf(found.size === 2, evidence, {
    advice: 'see REQ-1: what it does alone it has to do under contention',
  })
}

/** RFC 4787 REQ-7: the WAN has the LAN's addresses; a host wants to reach one of them outside. */
export async function overlappingAddresses(bench: Bench): Promise<Finding> {
  const limitation =
    'Linux has one route for a prefix. A DHCP client hook can refuse or renumber (the first way that REQ-7 names), rules cannot; ' +
    'the second way needs a routing table for each side and translation of both addresses'
  const { hosts, servers, wan } = await bench.rig({ overlap: true })
  const [host, server] = [hosts[0], servers[1]]
  const there = await deliver(host, 40_000, server.at(3478), server)
  const back = there && (await deliver(server, 3478, sourceOf(there), host))
  const fate = there === undefined ? 'does not arrive' : `arrives, and its answer ${back ? 'too' : 'does not'}`
  const evidence = [
    `the WAN address is ${wan}, the LAN is the network of ${host.address} too`,
    `a datagram ${printEndpoint(host.at(40_000))} → ${printEndpoint(server.at(3478))} outside ${fate}`,
  ]
  return verdictOf(back !== undefined, evidence, { limitation })
}

/** One datagram with its source port exchanged 65535 times; it has no checksum, which IPv4 allows (RFC 768). */
async function fromEveryPort(host: Station, to: Endpoint, server: Station): Promise<void> {
  const header = { source: host.address, destination: to.address, protocol: PROTOCOL_UDP }
  const packet = encodeIp(header, encodeUdp(host.at(1), to, new Uint8Array(1)))
  const view = new DataView(packet.buffer)
  view.setUint16(26, 0)
  for (let port = 1; port < ALL_PORTS; port += 1) {
    view.setUint16(20, port)
    host.sendBytes(packet)
    if (port % 256 === 0) await othersToo(server)
  }
  server.drain()
}

/** What came is thrown away, and the checks that run beside get their turn. */
async function othersToo(server: Station): Promise<void> {
  server.drain()
  await pause(0)
}

/** As many flows towards one destination as there are ports. */
const ALL_PORTS = 65_536

/** RFC 5508 REQ-8: no port is left for a new host. */
export async function saysWhenFull(bench: Bench): Promise<Finding> {
  const { hosts, servers } = await bench.rig()
  const to = servers[0].at(3478)
  await fromEveryPort(hosts[0], to, servers[0])
  const text = newMark()
  sendDatagram(hosts[1], 40_000, to, text)
  const arrived = await servers[0].receive((packet) => textOf(packet) === text, 200)
  const told = await hosts[1].receive((packet) => isIcmp(packet, 3, 13), 100)
  const fate = arrived ? `still gets out, from ${arrived.source}` : 'does not get out'
  const evidence = [
    `with ${ALL_PORTS - 1} flows to ${printEndpoint(to)}, one more of another host ${fate}`,
    told ? `and is answered by ${told.source}: administratively prohibited` : 'and is not answered',
  ]
  return verdictOf(arrived !== undefined || told !== undefined, evidence, {
    limitation: 'nf_nat drops a packet for which it finds no free port, with no hook in which a rule could answer it',
  })
}
