import { printEndpoint, sameEndpoint } from '../../traffic/endpoint.ts'
import { notApplicable, notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { aboutOf, isIcmp, sendError } from '../rig/errors.ts'
import type { Arrived } from '../rig/station.ts'
import { type Hairpin, hairpinOf } from './hairpin.ts'

/** RFC 5508 REQ-7 and REQ-7a: the target of a hairpinned datagram refuses it. */
export function hairpinnedError(claim: 'arrives' | 'is translated'): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const evidence: string[] = []
    const hairpin = await hairpinOf(await bench.rig(), 'udp', evidence)
    if (hairpin === undefined) return notTestable(...evidence)
    if (hairpin.seen === undefined) return notApplicable(...evidence, 'there is no hairpinning to look at')
    const told = await refused(hairpin)
    if (told === undefined && claim === 'is translated') return notApplicable(...evidence, 'no such error arrives')
    evidence.push(describe(told))
    return verdictOf(told !== undefined && (claim === 'arrives' || isTranslated(told, hairpin)), evidence)
  }
}

async function refused({ caller, target, seen }: Hairpin): Promise<Arrived | undefined> {
  if (seen === undefined) return undefined
  sendError(target.host, { protocol: 'udp', from: seen, to: target.host.at(target.port) })
  return await caller.host.receive((packet) => isIcmp(packet, 3, 3), 200)
}

/** It is for the caller, about the packet that the caller sent. */
function isTranslated(told: Arrived, { caller, target }: Hairpin): boolean {
  const about = aboutOf(told)
  if (about === undefined || told.destination !== caller.host.address) return false
  return sameEndpoint(about.from, caller.host.at(caller.port)) && sameEndpoint(about.to, target.external)
}

function describe(told: Arrived | undefined): string {
  if (told === undefined) return 'its target refuses: no error arrives at the caller'
  const about = aboutOf(told)
  const inner =
    about === undefined ? 'something unreadable' : `${printEndpoint(about.from)} → ${printEndpoint(about.to)}`
  return `its target refuses: an error from ${told.source} for ${told.destination} arrives, about ${inner}`
}
