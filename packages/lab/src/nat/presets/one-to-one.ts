import { ct, dnat, drop, fib, iifname, ip, oifname, Ruleset, snat } from '@sallyport/nftables'
import { behaviour } from '../behaviour.ts'
import type { Preset, Site } from '../preset.ts'

export const oneToOne: Preset = {
  name: 'one-to-one',
  title: 'each host has an external address to itself, with all of its ports, as long as there are any',
  devices: [
    'AWS internet gateway with an Elastic IP: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html',
  ],
  behaviour: behaviour({ filtering: 'endpoint-independent' }),
  dependsOnHosts: true,
  rules,
}

/** RFC 2663 section 4.1.1 (basic NAT). Hosts beyond the number of addresses get nowhere. */
function rules({ wan, lan, external, hosts }: Site): Ruleset {
  const made = new Ruleset()
  const table = made.table('ip', 'one_to_one')
  const inside = iifname.in([...lan])
  const pairs = external.slice(0, hosts.length).map((address, index) => [hosts[index]!, address] as const)
  const prerouting = table.chain('prerouting', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
  const postrouting = table.chain('postrouting', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  const input = table.chain('input', { hook: 'input', priority: 'filter' })
  if (pairs.length > 0) {
    const outside = table.map('outside', { type: 'ipv4_addr', value: 'ipv4_addr', elements: pairs })
    const hosted = pairs.map(([host, address]) => [address, host] as const)
    const insides = table.map('inside', { type: 'ipv4_addr', value: 'ipv4_addr', elements: hosted })
    prerouting.rule(fib('daddr').type.eq('local'), dnat({ to: ip.daddr.map(insides) }))
    postrouting.rule(inside, oifname.eq(wan), snat({ to: ip.saddr.map(outside) }))
    postrouting.rule(inside, oifname.in([...lan]), ct.status.any('dnat'), snat({ to: ip.saddr.map(outside) }))
  }
  const forward = table.chain('forward', { hook: 'forward', priority: 'filter' })
  const served = pairs.map(([host]) => host)
  forward.rule(inside, oifname.eq(wan), ...(served.length > 0 ? [ip.saddr.notIn(served)] : []), drop())
  input.rule(iifname.eq(wan), ct.state.any('new', 'invalid'), drop())
  return made
}
