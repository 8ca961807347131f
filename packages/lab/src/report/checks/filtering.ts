import type { NatDependence as Dependence } from '../../nat/index.ts'
import { notApplicable, notTestable, optional, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { enterTold, letsAllIn, type Opened, openTold, type Protocol, serverPorts } from '../rig/flow.ts'
import type { Rig } from '../rig/rig.ts'

/** Who may write to a mapping whose host has written to one port of one server, the farthest sender first. */
export async function filteringOf(rig: Rig, flow: Opened, evidence: string[]): Promise<Dependence> {
  const { protocol, external, server } = flow
  if (await enterTold(evidence, rig, protocol, rig.stranger, 5000, external)) return 'endpoint-independent'
  if (await enterTold(evidence, rig, protocol, server, 5001, external)) return 'address-dependent'
  return 'address-and-port-dependent'
}

/** RFC 4787 REQ-8, RFC 5382 REQ-3. */
export function filtering(protocol: Protocol): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const rig = await bench.rig()
    const evidence: string[] = []
    const flow = await openTold(evidence, protocol, rig.hosts[0], rig.port(), rig.servers[0], serverPorts[0])
    if (flow === undefined) return notTestable(...evidence)
    const found = await filteringOf(rig, flow, evidence)
    evidence.push(`filtering is ${found}`)
    return verdictOf(found !== 'address-and-port-dependent', evidence, {
      advice: 'learn who was written to in a set (address-dependent), or let everybody in (endpoint-independent)',
    })
  }
}

/** RFC 4787 REQ-8a, RFC 5382 REQ-3a: an administrator who has a key for it has the option. */
export function filteringIsAnOption({ subject }: Bench): Finding {
  if (subject.kind === 'config') return optional(true, 'nat.filtering has three values')
  return notApplicable('a fixed ruleset: whoever writes it chooses')
}

/** RFC 5382 REQ-3b. */
export async function filteringByProtocol(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const found: Dependence[] = []
  for (const protocol of ['udp', 'tcp'] as const) {
    const rig = await bench.rig()
    const flow = await openTold(evidence, protocol, rig.hosts[0], rig.port(), rig.servers[0])
    if (flow === undefined) return notTestable(...evidence)
    found.push(await filteringOf(rig, flow, evidence))
  }
  return optional(found[0] !== found[1], ...evidence, `UDP: ${found[0]}, TCP: ${found[1]}`)
}

/** RFC 7857 section 6: a mapping of one protocol lets nobody in over the other one. */
export async function filteringKnowsProtocols(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  for (const [own, other] of [
    ['udp', 'tcp'],
    ['tcp', 'udp'],
  ] as const) {
    const rig = await bench.rig()
    if (await letsAllIn(rig, other)) return notApplicable(`${other} is let in without any mapping`)
    const flow = await openTold(evidence, own, rig.hosts[0], rig.port(), rig.servers[0])
    if (flow === undefined) return notTestable(...evidence)
    if (await enterTold(evidence, rig, other, rig.stranger, 5000, flow.external)) return verdictOf(false, evidence)
    if (await enterTold(evidence, rig, other, flow.server, flow.serverPort, flow.external))
      return verdictOf(false, evidence)
  }
  return verdictOf(true, evidence)
}

/** RFC 7857 section 5: the port that one host has over UDP is free for another one over TCP. */
export async function mappingKnowsProtocols(bench: Bench): Promise<Finding> {
  const rig = await bench.rig()
  const evidence: string[] = []
  const port = rig.port()
  const udp = await openTold(evidence, 'udp', rig.hosts[0], port, rig.servers[0])
  const tcp = await openTold(evidence, 'tcp', rig.hosts[1], port, rig.servers[0])
  if (udp === undefined || tcp === undefined) return notTestable(...evidence)
  if (udp.external.port !== port) return notApplicable(...evidence, 'ports are not kept: they say nothing here')
  return verdictOf(tcp.external.port === port, evidence)
}
