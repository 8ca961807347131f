import {
  type Chain,
  concat,
  ct,
  drop,
  goto,
  iifname,
  ip,
  jump,
  masquerade,
  meta,
  type NatOption,
  type Operand,
  oifname,
  type Statement,
  snat,
  type Table,
  tcp,
  udp,
} from '@sallyport/nftables'
import type { Config, Protocol } from '../config/index.ts'
import type { Constants } from './constants.ts'
import { eventLog, logEvent, ONCE } from './events.ts'
import type { Forwards } from './forwards.ts'
import { type Learned, remapRangeOf } from './learned.ts'
import { formatPorts, keptRange, PLAIN_PORTS } from './ports.ts'
import { wished } from './tuples.ts'

/** How the source is rewritten on one of the two ways out. */
interface Way {
  readonly name: 'outward' | 'hairpin'
  readonly rewrite: (target?: {
    readonly port?: Operand<'inet_service'>
    readonly options?: readonly NatOption[]
  }) => Statement
}

const outward: Way = { name: 'outward', rewrite: (target) => masquerade(target) }

/** RFC 4787 REQ-9a: the source is the external address, which is the one that the host has dialled. */
const hairpin: Way = { name: 'hairpin', rewrite: (target) => snat({ to: ct.original.ip.daddr, ...target }) }

/**
 * First packets on their way out, before their source is rewritten: which external port they get. Packets of the
 * router itself are never rewritten.
 */
export function defineLeaving(
  table: Table,
  config: Config,
  constants: Constants,
  forwards: Forwards,
  learned: Learned | undefined,
): void {
  for (const way of [outward, hairpin]) defineWay(table, config, way, forwards, learned)
  const { wanInterfaces, lanInterfaces } = constants
  table
    .chain('leave', { type: 'nat', hook: 'postrouting', priority: 'srcnat', policy: 'accept' })
    .rule(iifname.in(lanInterfaces), oifname.in(wanInterfaces), meta.nfproto.eq('ipv4'), jump('outward'))
    .rule(
      iifname.in(lanInterfaces),
      oifname.in(lanInterfaces),
      meta.nfproto.eq('ipv4'),
      ct.status.any('dnat'),
      jump('hairpin'),
    )
}

function defineWay(table: Table, config: Config, way: Way, forwards: Forwards, learned: Learned | undefined): void {
  const chain = table.chain(way.name)
  for (const protocol of ['tcp', 'udp'] as const) {
    const { sport } = protocol === 'tcp' ? tcp : udp
    const endpoint = concat(meta.l4proto, ip.saddr, sport)
    chain.rule(meta.l4proto.eq(protocol), endpoint.in(forwards.owned), way.rewrite({ port: sport }))
  }
  if (learned === undefined) {
    chain.rule(way.rewrite(config.nat.mapping === 'endpoint-independent' ? {} : { options: ['fully-random'] }))
    return
  }
  for (const protocol of learned.protocols) {
    definePort(table, config, way, protocol, learned)
    chain.rule(meta.l4proto.eq(protocol), jump(`${way.name}_${protocol}`))
  }
  chain.rule(way.rewrite())
}

/** The chains that find a port for one protocol: may the host open one; has it one; is its own one free. */
function definePort(table: Table, config: Config, way: Way, protocol: Protocol, learned: Learned): void {
  const name = `${way.name}_${protocol}`
  const on = meta.l4proto.eq(protocol)
  const { inside, mapping } = wished(protocol)
  // Who holds its own port has a place in its budget: nothing else needs to be asked.
  const chain = table
    .chain(name)
    .rule(inside.notIn(learned.stuck), mapping.in(learned.owner), on, keepPort(config, way, protocol))
  const plain = way.rewrite({ port: formatPorts(PLAIN_PORTS) })
  admission(chain, protocol, learned, `${name}_open`).rule(on, plain)
  defineOpen(table, config, way, protocol, learned)
  defineFirst(table, config, way, protocol, learned)
  defineKeep(table, config, way, protocol, learned)
}

/**
 * Keeps the wanted port when the kernel finds it free: it does if the range holds it. A range of one port would skip
 * the kernel's test for conflicts (nf_nat_used_tuple), which is also what clears expired connections out of the way.
 */
function keepPort(config: Config, way: Way, protocol: Protocol): Statement {
  return way.rewrite({ port: formatPorts(keptRange(config, protocol)) })
}

/** A host with a port goes on with it; of the others, one first packet for each inside endpoint decides, the rest follow it. */
function defineOpen(table: Table, config: Config, way: Way, protocol: Protocol, learned: Learned): void {
  const { owner, known, pin, starting, follower, stuck, unavailable } = learned
  const on = meta.l4proto.eq(protocol)
  const { external, inside, mapping, externalPort } = wished(protocol)
  const pinned = way.rewrite({ port: inside.map(pin) })
  table
    .chain(`${way.name}_${protocol}_open`)
    .rule(inside.in(stuck), mapping.in(owner), on, way.rewrite({ port: externalPort }))
    .rule(mapping.in(owner), on, keepPort(config, way, protocol))
    .rule(mapping.notIn(known), on, pinned)
    .rule(starting.add(inside, ONCE), goto(`${way.name}_${protocol}_first`))
    .rule(on, pinned)
    .rule(external.notIn(unavailable), follower.add(mapping), on, way.rewrite({ port: externalPort }))
    .rule(drop())
}

/** Its own port if that may be had and nobody holds it, else any other (random: not the one that was refused just now). */
function defineFirst(table: Table, config: Config, way: Way, protocol: Protocol, learned: Learned): void {
  const { claim, known, pin, unavailable } = learned
  const { external, inside, mapping, externalPort } = wished(protocol)
  const elsewhere = way.rewrite({ port: formatPorts(remapRangeOf(config, protocol)), options: ['random'] })
  table
    .chain(`${way.name}_${protocol}_first`)
    .rule(external.notIn(unavailable), claim.add(external, ONCE), goto(`${way.name}_${protocol}_keep`))
    .rule(known.delete(mapping))
    .rule(pin.delete(inside, externalPort))
    .rule(meta.l4proto.eq(protocol), elsewhere)
}

/**
 * The port may have been an idle mapping of another host: it is handed over. Only then does this host own it, so that
 * no other packet of its can have filled `ext` before it is cleared.
 */
function defineKeep(
  table: Table,
  config: Config,
  way: Way,
  protocol: Protocol,
  { ext, known, owner, stuck }: Learned,
): void {
  const on = meta.l4proto.eq(protocol)
  const { external, inside, mapping, endpoint, externalPort } = wished(protocol)
  const keep = table.chain(`${way.name}_${protocol}_keep`)
  if (ext !== undefined) {
    keep.rule(mapping.notIn(known), external.in(ext), ...eventLog('takeover')).rule(ext.delete(external, endpoint))
  }
  keep
    .rule(owner.add(mapping))
    .rule(inside.in(stuck), on, way.rewrite({ port: externalPort }))
    .rule(on, keepPort(config, way, protocol))
}

/** Leads hosts that may open a port on to the chain `open`; the others go on behind these rules. */
function admission(chain: Chain, protocol: Protocol, { budgets: { hosts, limited } }: Learned, open: string): Chain {
  if (limited === undefined) return chain.rule(...(hosts ? [ip.saddr.in(hosts)] : []), goto(open))
  const { inside } = wished(protocol)
  chain.rule(ip.saddr.vmap(limited.opener)).rule(inside.in(limited.granted), goto(open))
  const capped = hosts ? [ip.saddr.in(hosts)] : []
  return chain.rule(...capped, limited.quiet.add(ip.saddr, ONCE), logEvent('limit'))
}
