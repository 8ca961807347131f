import {
  accept,
  type Chain,
  ct,
  dnat,
  iif,
  iifname,
  ip,
  ip6,
  jump,
  log,
  type MapDefinition,
  masquerade,
  meta,
  oifname,
  Ruleset,
  reject,
  returnToCaller,
  type Table,
  tcp,
  th,
  udp,
} from '@sallyport/nftables'

/** A port, or 'FIRST-LAST'. */
export type TriggerPorts = number | `${number}-${number}`

/** The parameters that the published rules have as template variables. */
export interface PortTriggering {
  /** `outside_interface` */
  readonly wan: string
  /** `inside_ip/inside_nm`: '192.168.1.0/24'. */
  readonly inside: string
  /** `network.nethosts`: hosts with forwarded ports, which nobody else may send from. */
  readonly hosts?: readonly { readonly address: string; readonly ports: readonly TriggerPorts[] }[]
}

/**
 * The full example of "Port Triggering with Linux nftables" (2021), as it behaves on today's kernels. What it says
 * about itself isn't all true, and that is kept:
 *
 * - `add @porttoip` never replaces: the first host on a port keeps it for ever, not the last.
 * - The map holds the inside port, but a second host on the same port is given another one outside, which has no entry.
 * - `ct status { snat, dnat }` asks for exactly one of the bits, which no connection has: the rule never matches.
 * - Input accepts everything, so a probe that comes early takes a reply tuple away from the host that it was for.
 * - `port_stealing` rejects every other host whose port happens to be a forwarded one.
 *
 * Only `flush ruleset` is left out: the lab's router has no other rules.
 */
export function portTriggering(options: PortTriggering): Ruleset {
  const rules = new Ruleset()
  const table = rules.table('inet', 'my')
  const triggered = table.map('porttoip', { type: 'inet_service', value: 'ipv4_addr' })
  const newPackets = table.chain('new_pkts')
  const portStealing = table.chain('port_stealing')
  const newOutgoing = table.chain('new_outgoing')
  const lateIngress = table.chain('late_ingress')
  reservedAccepted(newPackets)
  input(table, options, newPackets)
  forward(table, options, portStealing)
  portStealing.rule(log({ prefix: 'port_stealing ' })).rule(reject({ icmp: 'admin-prohibited' }))
  table.chain('output', { hook: 'output', priority: 0, policy: 'accept' })
  postrouting(table, options, newOutgoing)
  learn(newOutgoing, options, triggered)
  prerouting(table, options, lateIngress)
  enter(lateIngress, triggered)
  return rules
}

/** RESERVE_PORTS */
const reserved = [22, 53, 67, 80, 443, 1080, 1081] as const

/** PRIVATE_RANGES */
const privateRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
] as const

/** PRIVATE_RANGES6: its six prefixes from 4000::/3 on are one range. */
const privateRanges6 = ['::1', '2001:db8::/32', '4000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'] as const

/** Every status that the kernel gives a name, for a comparison with all of the value as the published set has it. */
const everyStatus = ['expected', 'seen-reply', 'assured', 'confirmed', 'snat', 'dnat', 'dying'] as const

function reservedAccepted(newPackets: Chain): void {
  newPackets.rule(tcp.dport.in(reserved), accept()).rule(udp.dport.in(reserved), accept())
}

/** Every rule of it accepts, and so does its policy: packets for the router itself are never dropped. */
function input(table: Table, { wan }: PortTriggering, newPackets: Chain): void {
  table
    .chain('input', { hook: 'input', priority: 0, policy: 'accept' })
    .rule(iif.eq('lo'), accept())
    .rule(iifname.ne(wan), accept())
    .rule(ip.saddr.in(privateRanges), accept())
    .rule(ip6.saddr.in(privateRanges6), accept())
    .rule(meta.l4proto.eq('ipv6-icmp'), accept())
    .rule(meta.l4proto.eq('icmp'), accept())
    .rule(meta.l4proto.eq('igmp'), accept())
    .rule(ct.state.any('related', 'established'), accept())
    .rule(jump(newPackets))
    .rule(ct.state.any('new'), log({ prefix: 'new_pkt ' }))
    .rule(ct.state.any('invalid'), log({ prefix: 'inv_pkt ' }))
    .rule(ct.state.any('untracked'), log({ prefix: 'unt_pkt ' }))
}

function forward(table: Table, { wan, hosts = [] }: PortTriggering, portStealing: Chain): void {
  const chain = table.chain('forward', { hook: 'forward', priority: 0, policy: 'accept' })
  for (const { address, ports } of hosts) {
    for (const port of ports) {
      const notTheOwner = [oifname.eq(wan), ip.saddr.ne(address)]
      chain.rule(...notTheOwner, tcp.sport.eq(port), jump(portStealing))
      chain.rule(...notTheOwner, udp.sport.eq(port), jump(portStealing))
    }
  }
}

function postrouting(table: Table, { wan }: PortTriggering, newOutgoing: Chain): void {
  table
    .chain('nat_postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat', policy: 'accept' })
    .rule(oifname.eq(wan), jump(newOutgoing))
    .rule(oifname.eq(wan), masquerade())
}

/** new_outgoing */
function learn(chain: Chain, { inside }: PortTriggering, triggered: MapDefinition<'inet_service', 'ipv4_addr'>): void {
  chain
    .rule(meta.l4proto.ne('udp'), returnToCaller())
    .rule(ip.daddr.eq(inside), returnToCaller())
    .rule(udp.sport.in(reserved), returnToCaller())
    .rule(udp.sport.eq('0-1024'), returnToCaller())
    .rule(ct.state.none('new', 'invalid', 'untracked'), returnToCaller())
    .rule(log({ prefix: 'trigger ' }))
    .rule(triggered.add(udp.sport, ip.saddr))
}

function prerouting(table: Table, { wan, hosts = [] }: PortTriggering, lateIngress: Chain): void {
  const early = table.chain('nat_prerouting', { type: 'nat', hook: 'prerouting', priority: 'dstnat', policy: 'accept' })
  for (const { address, ports } of hosts) {
    for (const port of ports) {
      early.rule(iifname.eq(wan), meta.l4proto.in(['tcp', 'udp']), th.dport.eq(port), dnat({ to: address }))
    }
  }
  // "Late" only among nat chains: to filter chains, all of them are at dstnat.
  const late = table.chain('late_prerouting', { type: 'nat', hook: 'prerouting', priority: 400, policy: 'accept' })
  late.rule(iifname.eq(wan), jump(lateIngress))
}

/** late_ingress */
function enter(chain: Chain, triggered: MapDefinition<'inet_service', 'ipv4_addr'>): void {
  chain
    .rule(tcp.dport.in(reserved), returnToCaller())
    .rule(udp.dport.in(reserved), returnToCaller())
    .rule(tcp.dport.eq('0-1081'), returnToCaller())
    .rule(udp.dport.eq('0-1081'), returnToCaller())
    .rule(meta.l4proto.eq('tcp'), returnToCaller())
  for (const exactly of ['snat', 'dnat'] as const) {
    chain.rule(ct.status.of(...everyStatus).are(exactly), returnToCaller())
  }
  chain
    .rule(meta.nfproto.eq('ipv4'), ct.state.any('new', 'invalid', 'untracked'), log({ prefix: 'ingress ' }))
    .rule(dnat({ to: udp.dport.map(triggered) }))
}
