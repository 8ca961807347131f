import {
  accept,
  type Chain,
  concat,
  ct,
  drop,
  fib,
  icmp,
  icmpv6,
  iif,
  iifname,
  ip6,
  jump,
  meta,
  oifname,
  returnToCaller,
  type Statement,
  type Table,
  tcp,
  th,
  udp,
} from '@sallyport/nftables'
import type { Config, Services } from '../config/index.ts'
import { type Constants, defineServices } from './constants.ts'

const service = concat(meta.l4proto, th.dport)

/**
 * What may come to the router itself. Everything else is dropped, without an answer: an unsolicited packet that was
 * accepted or rejected here would be confirmed as a connection, and its tuple lost for the hosts inside.
 */
export function filterInput(
  table: Table,
  config: Config,
  { wanInterfaces, lanInterfaces, neighbourDiscovery }: Constants,
): void {
  const input = table
    .chain('filter_input', { hook: 'input', priority: 'filter', policy: 'drop' })
    .rule(ct.state.any('established', 'related'), accept())
    .rule(ct.state.any('invalid'), drop())
    .rule(iif.eq('lo'), accept())
    .rule(icmpv6.type.in(neighbourDiscovery), accept())
    .rule(iifname.in(wanInterfaces), udp.sport.eq(67), udp.dport.eq(68), accept())
    .rule(iifname.in(wanInterfaces), ip6.saddr.eq('fe80::/10'), udp.dport.eq(546), accept())
  allowServices(table, input, 'lan_router', [iifname.in(lanInterfaces)], config.allow.lanToRouter)
  allowServices(table, input, 'wan_router', [iifname.in(wanInterfaces)], config.allow.wanToRouter)
}

/** What may pass through, IPv4 and IPv6 alike. From outside only what a forward or an open port has led inside. */
export function filterForward(table: Table, config: Config, constants: Constants): void {
  const { wanInterfaces, lanInterfaces } = constants
  const inward = table
    .chain('inward')
    .rule(iifname.in(wanInterfaces), accept())
    .rule(iifname.in(lanInterfaces), accept())
  // The kernel would take a packet from the middle of a connection for a new one (nf_conntrack_tcp_loose): what apply
  // has ended would come back as soon as the inside speaks.
  const beginning = table
    .chain('beginning')
    .rule(tcp.flags.of('fin', 'syn', 'rst', 'ack').are('syn'), returnToCaller())
    .rule(drop())
  const forward = table
    .chain('filter_forward', { hook: 'forward', priority: 'filter', policy: 'drop' })
    .rule(ct.state.any('established', 'related'), accept())
    .rule(ct.state.any('invalid'), drop())
    .rule(iifname.in(lanInterfaces), fib(['saddr', 'iif']).exists.eq(false), drop())
    .rule(oifname.in(lanInterfaces), ct.status.any('dnat'), jump(inward))
    .rule(meta.nfproto.eq('ipv4'), meta.l4proto.eq('tcp'), jump(beginning))
  const leaving = [iifname.in(lanInterfaces), oifname.in(wanInterfaces)]
  const between = [iifname.in(lanInterfaces), oifname.in(lanInterfaces)]
  allowServices(table, forward, 'lan_wan', leaving, config.allow.lanToWan)
  allowServices(table, forward, 'lan_lan', between, config.allow.lanToLan)
}

function allowServices(
  table: Table,
  chain: Chain,
  name: string,
  where: readonly Statement[],
  services: Services,
): void {
  if (services.all) {
    chain.rule(...where, accept())
    return
  }
  const ports = defineServices(table, `${name}_services`, services)
  chain.rule(...where, service.in(ports), accept())
  if (!services.icmp) return
  chain.rule(...where, icmp.type.eq('echo-request'), accept())
  chain.rule(...where, icmpv6.type.eq('echo-request'), accept())
}
