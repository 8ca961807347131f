import {
  dnat,
  iifname,
  ip,
  masquerade,
  meta,
  type NatOption,
  oifname,
  Ruleset,
  snat,
  type Table,
  udp,
} from '@sallyport/nftables'
import { behaviour } from '../behaviour.ts'
import type { Preset, Site } from '../preset.ts'
import { conntrackWords, everyFlow } from './common.ts'
import { dropping } from './plain.ts'

/**
 * The three architectures of Polykey's "NAT Traversal Testing", as published: table `ip nat`, chains `prerouting` and
 * `postrouting`. Interfaces are matched by name instead of by index, which only the running kernel knows.
 * Beside each stands the same with what it lacks.
 */

/** AGENT_PORT and DMZ_PORT: the variables of the published DMZ rules. */
export const dmzPorts = { agent: 55551, dmz: 55555 } as const

const devices = ['Polykey, "NAT Traversal Testing" (network module specification)']

export const dmzPublished: Preset = {
  name: 'dmz-published',
  title: `one host's UDP port ${dmzPorts.agent} is ${dmzPorts.dmz} outside, both ways; nobody else gets out`,
  devices,
  behaviour: behaviour({
    ...conntrackWords,
    filtering: 'endpoint-independent',
    ports: { range: [dmzPorts.dmz, dmzPorts.dmz] },
    tcp: 'blocked',
    unsolicited: 'remember',
  }),
  dependsOnHosts: true,
  rules: ({ wan, external, hosts }) => {
    const { rules, prerouting, postrouting } = natTable()
    const [agent] = hosts
    if (agent === undefined) return rules
    const outside = snat({ to: external[0]!, port: dmzPorts.dmz })
    postrouting.rule(ip.protocol.eq('udp'), ip.saddr.eq(agent), oifname.eq(wan), outside)
    prerouting.rule(udp.dport.eq(dmzPorts.dmz), iifname.eq(wan), dnat({ to: agent, port: dmzPorts.agent }))
    return rules
  },
}

export const dmz: Preset = {
  name: 'dmz',
  title: 'the first host gets everything that comes unsolicited, on all ports; the others are masqueraded',
  devices: ['"DMZ host" or "exposed host" of home routers', ...devices],
  behaviour: behaviour({ ...conntrackWords, filtering: 'endpoint-independent' }),
  dependsOnHosts: true,
  rules: (site) => {
    const { rules, prerouting, postrouting } = natTable()
    const [host] = site.hosts
    if (host !== undefined) {
      prerouting.rule(iifname.eq(site.wan), meta.l4proto.in(['tcp', 'udp']), dnat({ to: host }))
    }
    postrouting.rule(oifname.eq(site.wan), masquerade())
    return dropping(rules, site.wan)
  },
}

export const portRestrictedPublished: Preset = {
  name: 'port-restricted-published',
  title: 'masquerade persistent; probes are remembered, so two peers behind it do not get through to each other',
  devices,
  behaviour: behaviour({ ...conntrackWords, unsolicited: 'remember' }),
  rules: (site) => masqueraded(site, 'persistent'),
}

export const portRestrictedCorrected: Preset = {
  name: 'port-restricted-corrected',
  title: 'masquerade persistent, and unsolicited packets are dropped',
  devices: ["Polykey's own tests have the drop that its text leaves out"],
  behaviour: behaviour(conntrackWords),
  rules: (site) => dropping(masqueraded(site, 'persistent'), site.wan),
}

export const symmetricPublished: Preset = {
  name: 'symmetric-published',
  title: 'masquerade random; probes are remembered',
  devices,
  behaviour: behaviour({ ...conntrackWords, ...everyFlow, unsolicited: 'remember' }),
  rules: (site) => masqueraded(site, 'random'),
}

export const symmetricCorrected: Preset = {
  name: 'symmetric-corrected',
  title: 'masquerade random, and unsolicited packets are dropped',
  devices,
  behaviour: behaviour({ ...conntrackWords, ...everyFlow }),
  rules: (site) => dropping(masqueraded(site, 'random'), site.wan),
}

function masqueraded({ wan }: Site, option: NatOption): Ruleset {
  const { rules, postrouting } = natTable()
  postrouting.rule(oifname.eq(wan), masquerade({ options: [option] }))
  return rules
}

type Chain = ReturnType<Table['chain']>

function natTable(): { rules: Ruleset; prerouting: Chain; postrouting: Chain } {
  const rules = new Ruleset()
  const table = rules.table('ip', 'nat')
  const prerouting = table.chain('prerouting', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
  const postrouting = table.chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  return { rules, prerouting, postrouting }
}
