import {
  accept,
  concat,
  counter,
  ct,
  drop,
  goto,
  jump,
  meta,
  returnToCaller,
  type Statement,
  type Table,
  tcp,
  udp,
} from '@sallyport/nftables'
import type { Protocol } from '../config/index.ts'
import { eventLog, ONCE } from './events.ts'
import type { Forwards } from './forwards.ts'
import type { Learned } from './learned.ts'
import { formatPorts, PLAIN_PORTS } from './ports.ts'
import { inbound, outbound, type View } from './tuples.ts'

/**
 * Behind the rewriting, where the external port is known: the mapping is learned from its first packet, and kept
 * while packets leave or arrive. This has to be a filter chain: nat chains see first packets only.
 */
export function defineLearning(table: Table, forwards: Forwards, learned: Learned | undefined): void {
  const protocols = learned?.protocols ?? []
  for (const protocol of protocols) defineProtocol(table, protocol, forwards, learned!)
  defineArrived(table, forwards, learned)
  const learn = table.chain('learn', { type: 'filter', hook: 'postrouting', priority: 101, policy: 'accept' })
  // The way that most packets go: one lookup, whichever the direction, and done.
  const settled = ct.status.of('confirmed', 'snat', 'dnat').are('confirmed', 'snat')
  for (const protocol of protocols)
    learn.rule(meta.l4proto.eq(protocol), settled, learned!.recent.has(outbound), accept())
  learn.rule(ct.status.any('dnat'), jump('arrived'))
  for (const protocol of protocols)
    learn.rule(meta.l4proto.eq(protocol), ct.status.any('snat'), jump(`learn_${protocol}`))
}

/** One protocol's chains: flows opened from inside, and flows that came in by a learned port. */
function defineProtocol(table: Table, protocol: Protocol, forwards: Forwards, learned: Learned): void {
  const on = meta.l4proto.eq(protocol)
  defineRefresh(table, `refresh_out_${protocol}`, on, outbound, learned, eventLog('open'))
  defineRefresh(table, `refresh_in_${protocol}`, on, inbound, learned)
  defineRefused(table, protocol, learned)
  defineOpened(table, protocol, learned)
  defineLearn(table, protocol, forwards, learned)
  defineReceived(table, protocol, learned)
}

/** Starts the timeouts of all that is known about a mapping anew. */
function defineRefresh(
  table: Table,
  name: string,
  on: Statement,
  view: View,
  learned: Learned,
  opened?: readonly Statement[],
): void {
  const { ext, contacted, pin, known, owner, claim, recent } = learned
  const chain = table.chain(name).rule(on, recent.note(view))
  if (contacted !== undefined) chain.rule(on, contacted.update(view.peer))
  if (ext !== undefined) chain.rule(on, ext.update(view.external, view.endpoint))
  chain.rule(on, pin.update(view.inside, view.externalPort))
  if (opened !== undefined) chain.rule(on, view.mapping.notIn(known), ...opened)
  chain
    .rule(on, known.update(view.mapping))
    .rule(on, owner.update(view.mapping))
    .rule(on, claim.update(view.external, ONCE))
}

/** A packet that would get a wrong mapping is dropped before its connection is confirmed; the retry maps anew. */
function defineRefused(table: Table, protocol: Protocol, { stuck, refused }: Learned): void {
  table
    .chain(`refused_${protocol}`)
    .rule(meta.l4proto.eq(protocol), stuck.update(outbound.inside))
    .rule(...eventLog('refused'))
    .rule(counter(refused), drop())
  table
    .chain(`strayed_${protocol}`)
    .rule(ct.status.any('confirmed'), returnToCaller())
    .rule(goto(`refused_${protocol}`))
}

/** A port was claimed: what an idle holder left behind goes first, since `update` never replaces a value. */
function defineOpened(table: Table, protocol: Protocol, { ext, known, owner }: Learned): void {
  const on = meta.l4proto.eq(protocol)
  const chain = table.chain(`opened_${protocol}`)
  if (ext !== undefined) {
    chain
      .rule(on, outbound.mapping.notIn(known), outbound.external.in(ext), ...eventLog('takeover'))
      .rule(on, ext.delete(outbound.external, outbound.endpoint))
  }
  chain
    .rule(on, owner.delete(wishedMapping))
    .rule(on, owner.add(outbound.mapping))
    .rule(goto(`refresh_out_${protocol}`))
}

/** The mapping that the inside endpoint would have if it had kept its own port. */
const wishedMapping: View['mapping'] = concat(
  meta.l4proto,
  ct.original.protoSrc,
  ct.original.ip.saddr,
  ct.original.protoSrc,
)

function defineLearn(table: Table, protocol: Protocol, forwards: Forwards, learned: Learned): void {
  const { pin, known, owner, claim, starting, follower, recent, unavailable, budgets } = learned
  const on = meta.l4proto.eq(protocol)
  const { sport } = protocol === 'tcp' ? tcp : udp
  table
    .chain(`elsewhere_${protocol}`)
    .rule(on, ct.status.any('confirmed'), recent.note(outbound), returnToCaller())
    .rule(sport.eq(formatPorts(PLAIN_PORTS)), returnToCaller())
    .rule(on, outbound.inside.in(forwards.owned), returnToCaller())
    .rule(goto(`refused_${protocol}`))

  const learn = table
    .chain(`learn_${protocol}`)
    .rule(on, ct.status.any('confirmed'), recent.has(outbound), returnToCaller())
    .rule(on, outbound.mapping.in(owner), recent.has(outbound), returnToCaller())
    .rule(on, outbound.external.in(unavailable), goto(`elsewhere_${protocol}`))
  if (budgets.limited !== undefined) {
    learn
      .rule(ct.original.ip.saddr.vmap(budgets.limited.opener))
      .rule(on, outbound.inside.notIn(budgets.limited.granted), returnToCaller())
  } else if (budgets.hosts !== undefined) learn.rule(ct.original.ip.saddr.notIn(budgets.hosts), returnToCaller())
  learn
    .rule(on, outbound.mapping.in(owner), goto(`refresh_out_${protocol}`))
    .rule(on, outbound.mapping.notIn(known), outbound.inside.in(pin), goto(`strayed_${protocol}`))
    .rule(on, outbound.mapping.notIn(follower), claim.add(outbound.external, ONCE), goto(`opened_${protocol}`))
    .rule(ct.status.any('confirmed'), returnToCaller())
    .rule(on, outbound.mapping.in(follower), goto(`refused_${protocol}`))
    .rule(on, outbound.mapping.notIn(known), starting.delete(outbound.inside), goto(`refused_${protocol}`))
    .rule(on, pin.delete(outbound.inside, outbound.externalPort))
    .rule(on, known.delete(outbound.mapping))
    .rule(goto(`refused_${protocol}`))
}

/** Flows that strangers opened keep the mapping as well (RFC 4787 REQ-6), within the receiver's budget. */
function defineReceived(table: Table, protocol: Protocol, { budgets, known, owner, claim }: Learned): void {
  const on = meta.l4proto.eq(protocol)
  table
    .chain(`reopened_${protocol}`)
    .rule(on, owner.add(inbound.mapping))
    .rule(goto(`refresh_in_${protocol}`))
  const received = table.chain(`received_${protocol}`)
  if (budgets.limited !== undefined) {
    received
      .rule(ct.reply.ip.saddr.vmap(budgets.limited.receiver))
      .rule(on, inbound.inside.notIn(budgets.limited.granted), returnToCaller())
  }
  received
    .rule(on, inbound.mapping.in(owner), goto(`refresh_in_${protocol}`))
    .rule(on, inbound.mapping.in(known), claim.add(inbound.external, ONCE), goto(`reopened_${protocol}`))
}

/**
 * Flows whose destination was rewritten: by a forward, which is counted, or by a learned port, which is refreshed.
 * They come back from here, since those of a hairpin have an external port of their own to be learned.
 */
function defineArrived(table: Table, forwards: Forwards, learned: Learned | undefined): void {
  const chain = table.chain('arrived')
  const open = learned?.protocols ?? []
  for (const protocol of open) chain.rule(meta.l4proto.eq(protocol), learned!.recent.has(inbound), returnToCaller())
  for (const { set, protocols } of forwards.counted) {
    for (const protocol of protocols) chain.rule(meta.l4proto.eq(protocol), inbound.external.in(set), returnToCaller())
  }
  for (const protocol of open) chain.rule(meta.l4proto.eq(protocol), jump(`received_${protocol}`))
}
