import type { Endpoint } from '@sallyport/linux'
import { printEndpoint, sameEndpoint } from '../../traffic/endpoint.ts'
import { notApplicable, notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { Connection } from '../rig/connection.ts'
import { deliver, sourceOf } from '../rig/datagrams.ts'
import { type Opened, openTold, type Protocol } from '../rig/flow.ts'
import type { Rig } from '../rig/rig.ts'

/** What came of one host's writing to where another one is seen from outside. */
export interface Hairpin {
  readonly caller: Opened
  readonly target: Opened
  /** Where the target saw the caller; undefined: nothing arrived, or no answer came back. */
  readonly seen: Endpoint | undefined
}

export async function hairpinOf(rig: Rig, protocol: Protocol, evidence: string[]): Promise<Hairpin | undefined> {
  const caller = await openTold(evidence, protocol, rig.hosts[0], rig.port(), rig.servers[0])
  const target = await openTold(evidence, protocol, rig.hosts[1], rig.port(), rig.servers[0])
  if (caller === undefined || target === undefined) return undefined
  const seen = await (protocol === 'udp' ? hairpinUdp(caller, target) : hairpinTcp(caller, target))
  const way = `${protocol} ${printEndpoint(caller.host.at(caller.port))} → ${printEndpoint(target.external)}`
  evidence.push(seen === undefined ? `${way}: no way there and back` : `${way} seen as ${printEndpoint(seen)}`)
  return { caller, target, seen }
}

async function hairpinUdp(caller: Opened, target: Opened): Promise<Endpoint | undefined> {
  const arrived = await deliver(caller.host, caller.port, target.external, target.host)
  if (arrived === undefined) return undefined
  const back = await deliver(target.host, target.port, sourceOf(arrived), caller.host)
  return back && sameEndpoint(sourceOf(back), target.external) ? sourceOf(arrived) : undefined
}

async function hairpinTcp(caller: Opened, target: Opened): Promise<Endpoint | undefined> {
  const local = target.host.at(target.port)
  const connection = new Connection(caller.host, caller.port, target.host, target.external, local)
  return (await connection.open()) ? connection.external : undefined
}

/** RFC 4787 REQ-9, RFC 5382 REQ-8. */
export function hairpinning(protocol: Protocol): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const evidence: string[] = []
    const hairpin = await hairpinOf(await bench.rig(), protocol, evidence)
    if (hairpin === undefined) return notTestable(...evidence)
    return verdictOf(hairpin.seen !== undefined, evidence, {
      advice: 'destination NAT has to look at packets from the LAN too, not only at those that come in by the WAN',
    })
  }
}

/** RFC 4787 REQ-9a, RFC 5382 REQ-8a. */
export function hairpinSource(protocol: Protocol): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const evidence: string[] = []
    const hairpin = await hairpinOf(await bench.rig(), protocol, evidence)
    if (hairpin === undefined) return notTestable(...evidence)
    if (hairpin.seen === undefined) return notApplicable(...evidence, 'there is no hairpinning to look at')
    const { external } = hairpin.caller
    evidence.push(`its external endpoint is ${printEndpoint(external)}`)
    return verdictOf(sameEndpoint(hairpin.seen, external), evidence, {
      advice:
        'on the way back to the LAN, source NAT to the external address and the port of the mapping, not masquerade',
    })
  }
}
