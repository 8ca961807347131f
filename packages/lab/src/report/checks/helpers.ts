import { printEndpoint } from '../../traffic/endpoint.ts'
import { notApplicable, notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { sendDatagram, textOf } from '../rig/datagrams.ts'
import { open, type Protocol } from '../rig/flow.ts'
import type { Rig } from '../rig/rig.ts'

/** Ports that Linux has a conntrack helper for (nf_conntrack_*). FTP's may be on: RFC 5382 REQ-6. */
const helped: Readonly<Record<Protocol, readonly number[]>> = {
  udp: [69, 137, 161, 1719, 5060, 10_080],
  tcp: [1720, 1723, 5060, 6566, 6667],
}

/** Names of the helpers that flows to those ports got. */
async function helpersOf(rig: Rig, protocol: Protocol, evidence: string[]): Promise<string[]> {
  const ports = helped[protocol]
  for (const port of ports) await open(protocol, rig.hosts[0], rig.port(), rig.servers[0], port)
  const names = rig.flows().flatMap(({ helper }) => helper?.name ?? [])
  evidence.push(
    `flows to ${protocol} ports ${ports.join(', ')}: ${names.length === 0 ? 'no helper' : `helpers ${names.join(', ')}`}`,
  )
  return names
}

const advice = 'no `ct helper` for everybody: assign helpers to the flows that need them'

/** RFC 4787 REQ-10: no helper, and a SIP message that speaks of inside addresses arrives as it was sent. */
export async function noUdpAlg(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const names = await helpersOf(await bench.rig(), 'udp', evidence)
  const rig = await bench.rig()
  const [host, server] = [rig.hosts[0], rig.servers[0]]
  const contact = printEndpoint(host.at(5060))
  const text = `OPTIONS sip:x@${server.address} SIP/2.0\r\nVia: SIP/2.0/UDP ${contact}\r\nContact: <sip:a@${contact}>\r\n\r\n`
  sendDatagram(host, 5060, server.at(5060), text)
  const arrived = await server.receive((packet) => textOf(packet)?.startsWith('OPTIONS') === true, 300)
  if (arrived === undefined) return notTestable(...evidence, 'no SIP message gets out')
  const untouched = textOf(arrived) === text
  evidence.push(`a SIP message that names ${contact} arrives ${untouched ? 'as it was' : `as ${textOf(arrived)}`}`)
  return verdictOf(names.length === 0 && untouched, evidence, { advice })
}

/** RFC 5382 REQ-6. */
export async function noTcpAlg(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const names = await helpersOf(await bench.rig(), 'tcp', evidence)
  return verdictOf(names.length === 0, evidence, { advice })
}

/** RFC 4787 REQ-10a. */
export async function algsOneByOne(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const names = await helpersOf(await bench.rig(), 'udp', evidence)
  if (names.length === 0) return notApplicable(...evidence, 'there are none')
  return verdictOf(true, [...evidence, 'Linux assigns each helper by a rule of its own'])
}
