import {
  accept,
  ct,
  dnat,
  drop,
  icmpv6,
  iifname,
  ip6,
  masquerade,
  oifname,
  Ruleset,
  reject,
  snat,
} from '@sallyport/nftables'
import type { Ipv6Mode } from '../topology/internet.ts'

/** Where a router stands in IPv6: names of its interfaces, and the prefixes on both sides. */
export interface Ipv6Site {
  readonly wan: string
  readonly lan: string
  /** Of the hosts: '2001:db8:1::/64', or a unique local one (RFC 4193) where it is translated. None: nothing delegated. */
  readonly inside?: string | undefined
  /** What the inside prefix becomes outside (nptv6), of the same length. */
  readonly outside?: string | undefined
  /** What it was outside before, and still is for who comes in by it; default: none. */
  readonly former?: readonly string[]
  /** Prefixes that hosts may still have addresses of, and that are no longer delegated to the router; default: none. */
  readonly invalid?: readonly string[]
}

/** The table that holds all that a lab router does with IPv6. */
export const IPV6_TABLE = 'lab_ipv6'

/** What a router does with IPv6 as rules; nothing at all where it is `open` or has none. */
export function ipv6Rules(mode: Ipv6Mode, site: Ipv6Site): Ruleset {
  const rules = new Ruleset()
  if (mode === 'open' || mode === 'none') return rules
  const table = rules.table('ip6', IPV6_TABLE)
  if (mode === 'routed' || mode === 'nat66') firewall(table, site)
  if (mode === 'nat66' && site.inside !== undefined) {
    table
      .chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
      .rule(oifname.eq(site.wan), ip6.saddr.eq(site.inside), masquerade())
  }
  if (mode === 'nptv6') prefixTranslation(table, site)
  return rules
}

/**
 * RFC 7084 L-14: who still sends from an address of a prefix that is invalid is told so, code 5 (RFC 4443 section 3.1).
 * At the LAN's end of its cable: a router that has no way to such an address cannot answer it from further behind. What
 * does not leave the link is let through, so that neighbours find each other.
 */
export function refusalRules({ lan, inside, invalid = [] }: Ipv6Site): Ruleset {
  const rules = new Ruleset()
  if (invalid.length === 0) return rules
  const chain = rules.table('netdev', IPV6_TABLE).chain('lan', { hook: 'ingress', devices: [lan] })
  for (const near of ['ff00::/8', 'fe80::/10', ...(inside === undefined ? [] : [inside])])
    chain.rule(ip6.daddr.eq(near), accept())
  for (const prefix of invalid) chain.rule(ip6.saddr.eq(prefix), reject({ icmpv6: 'policy-fail' }))
  return rules
}

type Table = ReturnType<Ruleset['table']>

/**
 * RFC 6092's simple security: what was asked for comes in, and nothing else. Errors about known flows are `related`
 * (REC-10); an echo request may come in (RFC 4890 section 4.3.1), since hosts of IPv6 are meant to be found.
 */
function firewall(table: Table, { wan }: Ipv6Site): void {
  table
    .chain('forward', { hook: 'forward', priority: 0 })
    .rule(iifname.ne(wan), accept())
    .rule(ct.state.any('established', 'related'), accept())
    .rule(icmpv6.type.eq('echo-request'), accept())
    .rule(drop())
}

/**
 * RFC 6296 in spirit: one outside address for each inside one, both ways, no ports touched. The kernel keeps the host
 * part and mends the checksums of transports, where the RFC picks a host part that leaves them right.
 */
function prefixTranslation(table: Table, { wan, inside, outside, former = [] }: Ipv6Site): void {
  if (inside === undefined) return
  const leaving = table.chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  const arriving = table.chain('prerouting', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
  // Restricted to the two prefixes: neighbour discovery on the WAN has other addresses and must stay as it is.
  if (outside !== undefined)
    leaving.rule(oifname.eq(wan), ip6.saddr.eq(inside), snat({ family: 'ip6', to: outside, prefix: true }))
  for (const each of outside === undefined ? former : [outside, ...former])
    arriving.rule(iifname.eq(wan), ip6.daddr.eq(each), dnat({ family: 'ip6', to: inside, prefix: true }))
}
