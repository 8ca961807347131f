import { notTestable, verdictOf } from '../finding.ts'
import type { Finding } from '../requirement.ts'
import type { Bench } from '../rig/bench.ts'
import { Connection } from '../rig/connection.ts'
import { open } from '../rig/flow.ts'
import { ping } from '../rig/ping.ts'
import type { Rig } from '../rig/rig.ts'

/** A timer that an administrator can set, and a flow that shows it. */
interface Knob {
  readonly sysctl: string
  readonly begin: (rig: Rig) => Promise<unknown>
}

const base = 'net.netfilter.nf_conntrack_'
export const udpTimer: Knob = {
  sysctl: `${base}udp_timeout`,
  begin: (rig) => open('udp', rig.hosts[0], rig.port(), rig.servers[0]),
}
export const icmpTimer: Knob = { sysctl: `${base}icmp_timeout`, begin: (rig) => ping(rig.hosts[0], 77, rig.servers[0]) }
export const tcpTimer: Knob = {
  sysctl: `${base}tcp_timeout_syn_sent`,
  begin: (rig) =>
    new Connection(rig.hosts[0], rig.port(), rig.servers[0], rig.servers[0].at(3478)).pass('client', ['syn']),
}

/** Below 300, which conntrack makes of longer ones while data is not acknowledged (nf_conntrack_tcp_timeout_unacknowledged). */
const UNUSUAL = 222

/** Sets the timers to a number that nobody has by chance, and looks for it in conntrack. */
export function configurable(...knobs: readonly Knob[]): (bench: Bench) => Promise<Finding> {
  return async (bench) => {
    const rig = await bench.rig()
    const evidence: string[] = []
    for (const { sysctl, begin } of knobs) {
      rig.router.sysctl(sysctl, UNUSUAL)
      await begin(rig)
      const taken = rig.flows().some(({ timeout = 0 }) => timeout <= UNUSUAL && timeout >= UNUSUAL - 3)
      evidence.push(`${sysctl} = ${UNUSUAL}: ${taken ? 'a new flow has it' : 'no new flow has it'}`)
      if (!taken) return notTestable(...evidence, 'the ruleset may set timeouts by itself')
    }
    return verdictOf(true, evidence)
  }
}

/** RFC 7857 section 2.1. */
export async function separateTimers(bench: Bench): Promise<Finding> {
  const { router } = await bench.rig()
  const names = ['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack'].map(
    (name) => `${base}tcp_timeout_${name}`,
  )
  const found = names.filter((name) => router.sysctl(name) !== undefined)
  return verdictOf(
    found.length === names.length,
    found.map((name) => `${name} = ${router.sysctl(name)}`),
  )
}
