import {
  ct,
  drop,
  iifname,
  masquerade as masqueradeStatement,
  type NatOption,
  oifname,
  Ruleset,
} from '@sallyport/nftables'

/**
 * What most Linux routers do: `masquerade` and nothing else. Keeps the port while no other host's flow to the same
 * destination has it (so endpoint-independent mapping, until two hosts meet), and lets in who was written to.
 * Grade B alone, D when hosts on the same port begin at different destinations: they share one external port then,
 * which RFC 4787 REQ-3 forbids, and are told apart by another one wherever they meet.
 */
export function masquerade(wan: string): Ruleset {
  return masqueraded(wan)
}

/** `masquerade random`: another port towards every destination (address-and-port-dependent mapping). Grade D. */
export function symmetric(wan: string): Ruleset {
  return masqueraded(wan, ['random'])
}

/** Adds what published rules leave out: unsolicited packets to the router itself are dropped, not remembered. */
export function dropping(rules: Ruleset, wan: string): Ruleset {
  const input = rules.table('inet', 'dropping').chain('input', { hook: 'input', priority: 'filter' })
  input.rule(iifname.eq(wan), ct.state.any('new', 'invalid'), drop())
  return rules
}

export function masqueraded(wan: string, options: readonly NatOption[] = []): Ruleset {
  const rules = new Ruleset()
  const table = rules.table('ip', 'plain')
  const postrouting = table.chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  postrouting.rule(oifname.eq(wan), masqueradeStatement({ options }))
  return rules
}
