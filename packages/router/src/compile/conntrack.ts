import type { Config, TimeoutName } from '../config/index.ts'
import type { WantedSysctl } from './sysctl.ts'

const BASE = 'net.netfilter.nf_conntrack_'
export const MAX: string = `${BASE}max`

/** Documentation/networking/nf_conntrack-sysctl.rst */
export const TIMEOUTS: Readonly<Record<TimeoutName, string>> = {
  udp: `${BASE}udp_timeout`,
  udp_stream: `${BASE}udp_timeout_stream`,
  icmp: `${BASE}icmp_timeout`,
  icmpv6: `${BASE}icmpv6_timeout`,
  generic: `${BASE}generic_timeout`,
  gre: `${BASE}gre_timeout`,
  gre_stream: `${BASE}gre_timeout_stream`,
  tcp_syn_sent: `${BASE}tcp_timeout_syn_sent`,
  tcp_syn_recv: `${BASE}tcp_timeout_syn_recv`,
  tcp_established: `${BASE}tcp_timeout_established`,
  tcp_fin_wait: `${BASE}tcp_timeout_fin_wait`,
  tcp_close_wait: `${BASE}tcp_timeout_close_wait`,
  tcp_last_ack: `${BASE}tcp_timeout_last_ack`,
  tcp_time_wait: `${BASE}tcp_timeout_time_wait`,
  tcp_close: `${BASE}tcp_timeout_close`,
  tcp_max_retrans: `${BASE}tcp_timeout_max_retrans`,
  tcp_unacknowledged: `${BASE}tcp_timeout_unacknowledged`,
}

/** RFC 5382 REQ-5, for connections that open or close. Those that are reset, or in TIME_WAIT, it leaves to the NAT. */
const TRANSITORY = 4 * 60

/** Seconds that an RFC asks for at least, with MUST. */
const LEAST: Readonly<Partial<Record<TimeoutName, number>>> = {
  icmp: 60, // RFC 5508 REQ-2
  tcp_syn_sent: TRANSITORY,
  tcp_syn_recv: TRANSITORY,
  tcp_established: 2 * 3600 + TRANSITORY, // RFC 5382 REQ-5
  tcp_fin_wait: TRANSITORY,
  tcp_close_wait: TRANSITORY,
  tcp_last_ack: TRANSITORY,
}

/** RFC 4787 REQ-5 */
const LEAST_UDP = 2 * 60

/** What is written is set; what is not, to what the RFCs ask for at least, unless the kernel has more. */
export function conntrackSysctls(config: Config): WantedSysctl[] {
  const { max, timeouts } = config.conntrack
  const names = Object.keys(TIMEOUTS) as TimeoutName[]
  return [
    ...(max === undefined ? [] : [{ name: MAX, value: String(max) }]),
    ...names.flatMap((name) => {
      const written = timeouts[name]
      return written === undefined ? byDefault(name, config) : [{ name: TIMEOUTS[name], value: String(written) }]
    }),
  ]
}

function byDefault(timer: TimeoutName, { nat }: Config): WantedSysctl[] {
  const name = TIMEOUTS[timer]
  if (timer !== 'udp' && timer !== 'udp_stream') {
    const least = LEAST[timer]
    return least === undefined ? [] : [{ name, value: String(least), orMore: true }]
  }
  // When another host takes an idle port, no flow of the old holder may still occupy it: not more than `takeover`.
  const isTakenOver = nat.mapping === 'endpoint-independent' && nat.protocols.includes('udp')
  if (!isTakenOver) return [{ name, value: String(LEAST_UDP), orMore: true }]
  return [{ name, value: String(Math.min(LEAST_UDP, nat.takeover)) }]
}
