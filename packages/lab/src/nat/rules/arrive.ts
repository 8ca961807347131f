import { ct, dnat, drop, fib, iifname, ip, meta, type Table } from '@sallyport/nftables'
import type { Behaviour } from '../behaviour.ts'
import type { Site } from '../preset.ts'
import { arriving, header, passage, type Transport } from './keys.ts'
import type { Learned } from './learned.ts'

/** First packets to an external endpoint, from outside and, hairpinning, from inside: where they are led. */
export function defineArriving(table: Table, { hairpin }: Behaviour, site: Site, protocols: readonly Learned[]): void {
  const reachable = protocols.filter(({ ext }) => ext !== undefined)
  if (reachable.length === 0) return
  const chain = table.chain('arrive', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
  for (const { ext, contacted, behaviour, shape } of reachable) {
    const on = meta.l4proto.eq(shape.transport)
    const { external, peer } = arriving(shape)
    const lead = dnat({ to: external.map(ext!) as never })
    if (behaviour.filtering !== 'address-and-port-dependent') {
      const known = contacted === undefined ? [] : [peer.in(contacted)]
      chain.rule(iifname.eq(site.wan), on, fib(['daddr', 'iif']).type.eq('local'), ...known, lead)
    }
    // What inside hosts send each other is not filtered.
    if (hairpin !== 'none') chain.rule(iifname.in([...site.lan]), on, ...toOutside, lead)
  }
}

/** The router's external addresses, as they are seen from inside. */
const toOutside = [fib('daddr').type.eq('local'), fib(['daddr', 'iif']).type.ne('local')]

/** What gets no further: unsolicited packets, blocked protocols, and what outbound packets have not opened lately. */
export function defineFilters(
  table: Table,
  { unsolicited }: Behaviour,
  site: Site,
  protocols: readonly Learned[],
  blocked: readonly Transport[],
): void {
  const both = meta.l4proto.in(['tcp', 'udp'])
  const lan = iifname.in([...site.lan])
  if (unsolicited === 'drop') {
    const input = table.chain('input', { hook: 'input', priority: 'filter' })
    input.rule(iifname.eq(site.wan), both, ct.state.any('new', 'invalid'), drop())
    input.rule(lan, both, ct.state.any('new', 'invalid'), ...toOutside, drop())
  }
  for (const learned of protocols) if (learned.remembered !== undefined) defineRemembered(table, site, learned)
  const forward = table.chain('forward', { hook: 'forward', priority: 'filter' })
  for (const transport of blocked) forward.rule(meta.l4proto.eq(transport), drop())
  if (unsolicited === 'drop') {
    forward.rule(both, ct.state.any('invalid'), drop())
    forward.rule(iifname.eq(site.wan), ct.state.any('new'), ct.status.none('dnat'), drop())
  }
  for (const learned of protocols) if (learned.open !== undefined) defineClosed(table, site, learned, unsolicited)
}

/** What the router takes for itself, as conntrack remembers it: for as long, and each packet anew. */
function defineRemembered(table: Table, site: Site, { remembered, shape }: Learned): void {
  const { sport, dport } = header(shape.transport)
  const ours = { address: ip.daddr, port: dport }
  const key = passage(shape, 'address-and-port-dependent', ours, { address: ip.saddr, port: sport })
  const on = meta.l4proto.eq(shape.transport)
  table
    .chain('remember', { hook: 'input', priority: 'filter' })
    .rule(iifname.eq(site.wan), on, remembered!.update(key))
    .rule(iifname.in([...site.lan]), on, ...toOutside, remembered!.update(key))
}

/**
 * Refresh by outbound packets alone (RFC 4787 REQ-6): what they have not kept open is closed, before connection
 * tracking takes it for a sign of life. Unsolicited packets that are to be remembered have to get past that.
 */
function defineClosed(table: Table, { wan }: Site, { open, shape, behaviour }: Learned, unsolicited: string): void {
  const { sport, dport } = header(shape.transport)
  const key = passage(
    shape,
    behaviour.filtering,
    { address: ip.daddr, port: dport },
    { address: ip.saddr, port: sport },
  )
  const remembering = unsolicited === 'remember'
  const chain = table.chain(`${shape.transport}_closed`, {
    hook: 'prerouting',
    priority: remembering ? 'mangle' : 'raw',
  })
  const known = remembering ? [ct.state.any('established')] : []
  chain.rule(iifname.eq(wan), meta.l4proto.eq(shape.transport), ...known, key.notIn(open!), drop())
}
