import { assertUapi } from '@sallyport/linux/testing'
import * as expr from '../src/expr/index.ts'
import { families } from '../src/expr/index.ts'
import * as messages from '../src/messages/index.ts'

const header = 'linux/netfilter/nf_tables.h'

/** Our names as the kernel spells them: `l4proto` → NFT_META_L4PROTO. */
function spelled(prefix: string, names: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(names).map(([name, number]) => [`${prefix}${name.toUpperCase()}`, number]))
}

for (const codec of Object.values({ ...expr, ...messages })) {
  if (typeof codec !== 'object' || !('macros' in codec) || Object.keys(codec.macros ?? {}).length === 0) continue
  assertUapi(header, codec.macros, { about: codec.name, newer: ['NFTA_SET_TYPE', 'NFTA_SET_COUNT'] })
}

assertUapi(
  header,
  {
    ...spelled('NFT_META_', expr.metaKeys),
    ...spelled('NFT_CT_', expr.ctKeys),
    ...spelled('NFT_RT_', expr.rtKeys),
    ...spelled('NFT_CMP_', expr.cmpOps),
    ...spelled('NFT_RANGE_', expr.rangeOps),
    ...spelled('NFT_BITWISE_', expr.bitwiseOps),
    ...spelled('NFT_BYTEORDER_', expr.byteorderOps),
    ...spelled('NFT_DYNSET_OP_', expr.dynsetOps),
    ...spelled('NFT_DYNSET_F_', expr.dynsetFlags),
    ...spelled('NFT_LOOKUP_F_', expr.lookupFlags),
    ...spelled('NFT_NAT_', expr.natTypes),
    ...spelled('NFT_LIMIT_', expr.limitTypes),
    ...spelled('NFT_LIMIT_F_', expr.limitFlags),
    ...spelled('NFT_QUOTA_F_', expr.quotaFlags),
    ...spelled('NFT_CONNLIMIT_F_', expr.connlimitFlags),
    ...spelled('NFT_LOGLEVEL_', expr.logLevels),
    ...spelled('NFT_FIB_RESULT_', expr.fibResults),
    ...spelled('NFTA_FIB_F_', expr.fibFlags),
    ...spelled('NFT_REJECT_', expr.rejectTypes),
    ...spelled('NFT_OBJECT_', expr.objectTypes),
    ...spelled('NFT_NG_', expr.numgenTypes),
    ...spelled('NFT_HASH_', expr.hashTypes),
    ...spelled('NFT_EXTHDR_OP_', expr.exthdrOps),
    ...spelled('NFT_EXTHDR_F_', expr.exthdrFlags),
    ...spelled('NFT_PAYLOAD_CSUM_', expr.payloadChecksums),
    ...spelled('NFT_PAYLOAD_L4CSUM_', expr.payloadChecksumFlags),
    NFT_PAYLOAD_LL_HEADER: expr.payloadBases.link,
    NFT_PAYLOAD_NETWORK_HEADER: expr.payloadBases.network,
    NFT_PAYLOAD_TRANSPORT_HEADER: expr.payloadBases.transport,
    NFT_PAYLOAD_INNER_HEADER: expr.payloadBases.inner,
    NFT_CONTINUE: expr.verdictCodes.continue,
    NFT_BREAK: expr.verdictCodes.break,
    NFT_JUMP: expr.verdictCodes.jump,
    NFT_GOTO: expr.verdictCodes.goto,
    NFT_RETURN: expr.verdictCodes.return,
  },
  { about: 'expressions' },
)

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

assertUapi(
  header,
  {
    ...spelled('NFT_MSG_', messages.messageTypes),
    ...spelled('NFT_TABLE_F_', messages.tableFlags),
    ...spelled('NFT_CHAIN_', messages.chainFlags),
    ...spelled('NFT_SET_', messages.setFlags),
    ...spelled('NFT_SET_POL_', messages.setPolicies),
    ...spelled('NFT_SET_ELEM_', messages.elementFlags),
    NFT_DATA_VERDICT: messages.NFT_DATA_VERDICT,
  },
  {
    about: 'messages',
    newer: [
      'NFT_TABLE_F_PERSIST',
      ...['TABLE', 'CHAIN', 'RULE', 'SET', 'SETELEM', 'OBJ'].map((kind) => `NFT_MSG_DESTROY${kind}`),
    ],
  },
)
