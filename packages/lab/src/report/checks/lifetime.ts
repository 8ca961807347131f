import { notApplicable, notTestable, optional, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { briefly } from '../rig/datagrams.ts'
import { sendError } from '../rig/errors.ts'
import { enter } from '../rig/flow.ts'
import { again, answered, type Event, lifetimeOf, nothing, type Refreshed, refreshedBy, SLACK } from './idle.ts'

const slowMapping = {
  advice:
    'raise net.netfilter.nf_conntrack_udp_timeout and nf_conntrack_udp_timeout_stream (or a `ct timeout` object), or ' +
    'keep mappings in a map with a timeout of its own',
}

/** RFC 4787 REQ-5 and REQ-5c: at least so many seconds, answered or not. */
export function lifetimeAtLeast(seconds: number): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const evidence: string[] = ['after one packet from inside:']
    const once = await lifetimeOf({ bench, evidence, event: nothing })
    evidence.push('after a packet from inside and an answer:')
    const replied = await lifetimeOf({ bench, evidence, event: answered })
    evidence.push(`it lives ${once} s, answered ${replied} s; wanted are ${seconds} s`)
    return verdictOf(Math.min(once, replied) >= seconds - SLACK, evidence, slowMapping)
  }
}

/** Seconds that a busy machine may lose between a packet and a look at its timer. */
const LATE = 5

/** RFC 4787 REQ-5a. */
export async function shorterForWellKnownPorts(bench: Bench): Promise<Finding> {
  const evidence: string[] = []
  const usual = await lifetimeOf({ bench, evidence, event: answered })
  const dns = await lifetimeOf({ bench, evidence, event: answered, serverPort: 53 })
  return optional(
    dns < usual - LATE,
    ...evidence,
    `towards port 3478 a mapping lives ${usual} s, towards port 53 ${dns} s`,
  )
}

/** RFC 4787 REQ-6. */
export async function outboundRefresh(bench: Bench): Promise<Finding> {
  const evidence: string[] = ['refreshed from inside?']
  const refreshed = await refreshedBy(again, { bench, evidence })
  if (refreshed === 'unknown') return notTestable(...evidence)
  return verdictOf(refreshed !== 'no', evidence, slowMapping)
}

/** RFC 4787 REQ-6a. */
export async function inboundRefresh(bench: Bench): Promise<Finding> {
  const evidence: string[] = ['refreshed from outside?']
  const refreshed = await refreshedBy(answered, { bench, evidence })
  return refreshed === 'unknown' ? notTestable(...evidence) : optional(refreshed === 'yes', ...evidence)
}

/** RFC 7857 section 7: a packet that is filtered out. */
export async function filteredPacketsRefreshNothing(bench: Bench): Promise<Finding> {
  const evidence: string[] = ['refreshed by a stranger who does not get in?']
  let entered = false
  const knock: Event = async ({ external }, rig) => {
    entered = (await enter(rig, 'udp', rig.stranger, 5000, external, briefly)) !== undefined
  }
  const refreshed = await refreshedBy(knock, { bench, evidence })
  if (entered) return notApplicable(...evidence, 'everybody gets in: nothing is filtered out')
  return unrefreshed(refreshed, evidence)
}

/** RFC 7857 section 7.1: the host's "port unreachable" says that it wants no more. */
export async function errorsRefreshNothing(bench: Bench): Promise<Finding> {
  const evidence: string[] = ["refreshed by the host's own ICMP error?"]
  const unwanted: Event = async ({ host, port, server, serverPort }) =>
    sendError(host, { protocol: 'udp', from: server.at(serverPort), to: host.at(port) })
  return unrefreshed(await refreshedBy(unwanted, { bench, evidence }), evidence)
}

function unrefreshed(refreshed: Refreshed, evidence: readonly string[]): Finding {
  if (refreshed === 'unknown') return notTestable(...evidence)
  if (refreshed === 'endless') return notApplicable(...evidence, 'no timer ends this mapping')
  return verdictOf(refreshed === 'no', evidence)
}
