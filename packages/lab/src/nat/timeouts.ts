import type { Timeouts } from './behaviour.ts'

const conntrack = 'net.netfilter.nf_conntrack_'

/** What comes before and after a TCP connection is open (`enum tcp_conntrack`). */
const transitory = ['syn_sent', 'syn_recv', 'fin_wait', 'close_wait', 'last_ack', 'time_wait', 'close'] as const

/** The conntrack settings of a network namespace that make a NAT forget in time, in whole seconds. */
export function timeoutSettings({ udp, udpStream, tcpEstablished, tcpTransitory, icmp }: Timeouts): [string, string][] {
  return [
    [`${conntrack}udp_timeout`, whole(udp)],
    [`${conntrack}udp_timeout_stream`, whole(udpStream)],
    [`${conntrack}icmp_timeout`, whole(icmp)],
    [`${conntrack}tcp_timeout_established`, whole(tcpEstablished)],
    ...transitory.map((state): [string, string] => [`${conntrack}tcp_timeout_${state}`, whole(tcpTransitory)]),
  ]
}

const whole = (seconds: number): string => `${Math.max(1, Math.round(seconds))}`
