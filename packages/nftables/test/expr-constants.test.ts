import { assertUapi } from '@sallyport/linux/testing'
import * as expr from '../src/expr/index.ts'
import { families } from '../src/expr/index.ts'
import { timeoutStates } from '../src/messages/index.ts'
import { codecs, namedConstants, newer, spelled } from './support/constants.ts'

const header = 'linux/netfilter/nf_tables.h'

/** The attributes of the expressions `match` and `target` are in a header of their own. */
const inCompat = (macro: string): boolean => /^NFTA_(MATCH|TARGET)_/.test(macro)

for (const [name, { allMacros }] of codecs) {
  const own = Object.entries(allMacros).filter(([macro]) => !inCompat(macro))
  if (own.length > 0) assertUapi(header, Object.fromEntries(own), { about: name, newer })
}
assertUapi('linux/netfilter/nf_tables_compat.h', { ...expr.match.macros, ...expr.target.macros })

assertUapi(header, namedConstants, { about: 'names', newer })

const verdicts = ['drop', 'accept', 'stolen', 'queue', 'repeat'] as const
assertUapi('linux/netfilter.h', {
  ...Object.fromEntries(verdicts.map((verdict) => [`NF_${verdict.toUpperCase()}`, expr.verdictCodes[verdict]])),
  NFPROTO_INET: families.inet,
  NFPROTO_IPV4: families.ip,
  NFPROTO_ARP: families.arp,
  NFPROTO_NETDEV: families.netdev,
  NFPROTO_BRIDGE: families.bridge,
  NFPROTO_IPV6: families.ip6,
})

assertUapi('linux/netfilter/nf_nat.h', {
  NF_NAT_RANGE_MAP_IPS: expr.natFlags.map_ips,
  NF_NAT_RANGE_PROTO_SPECIFIED: expr.natFlags.proto_specified,
  NF_NAT_RANGE_PROTO_RANDOM: expr.natFlags.random,
  NF_NAT_RANGE_PERSISTENT: expr.natFlags.persistent,
  NF_NAT_RANGE_PROTO_RANDOM_FULLY: expr.natFlags.fully_random,
  NF_NAT_RANGE_PROTO_OFFSET: expr.natFlags.proto_offset,
  NF_NAT_RANGE_NETMAP: expr.natFlags.netmap,
})

assertUapi('linux/netfilter/nf_log.h', spelled('NF_LOG_', expr.logFlags))

assertUapi('linux/netfilter/nf_synproxy.h', spelled('NF_SYNPROXY_OPT_', expr.synproxyFlags))
assertUapi('linux/netfilter/nfnetlink_osf.h', spelled('NF_OSF_TTL_', expr.osfTtls))
assertUapi('linux/xfrm.h', spelled('XFRM_POLICY_', expr.xfrmDirections))

const protocols = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 33: 'DCCP', 47: 'GRE', 58: 'ICMPV6', 132: 'SCTP', 136: 'UDPLITE' }
assertUapi(
  'linux/netfilter/nfnetlink_cttimeout.h',
  Object.assign(
    {},
    ...Object.entries(protocols).map(([number, name]) =>
      spelled(`CTA_TIMEOUT_${name}_`, timeoutStates[Number(number)]!),
    ),
  ),
)
