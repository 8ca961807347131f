import * as expr from '../../src/expr/index.ts'
import * as messages from '../../src/messages/index.ts'
import { traceMessage, traceTypes } from '../../src/trace/message.ts'

/** Our names as the kernel spells them: `l4proto` → NFT_META_L4PROTO. */
export function spelled(prefix: string, names: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(names).map(([name, number]) => [`${prefix}${name.toUpperCase()}`, number]))
}

/** Every codec that the rooms export, by its name there. */
export const codecs: readonly (readonly [string, { allMacros: Readonly<Record<string, number>> }])[] = Object.entries({
  ...expr,
  ...messages,
  traceMessage,
}).flatMap(([name, value]) => (hasMacros(value) ? [[name, value] as const] : []))

function hasMacros(value: unknown): value is { allMacros: Readonly<Record<string, number>> } {
  const macros = typeof value === 'object' && value !== null && 'allMacros' in value ? value.allMacros : undefined
  return typeof macros === 'object' && macros !== null && Object.keys(macros).length > 0
}

/** Every attribute that a codec names. */
export const attributeMacros: Readonly<Record<string, number>> = Object.assign(
  {},
  ...codecs.map(([, { allMacros }]) => allMacros),
)

/** Every other constant of linux/netfilter/nf_tables.h that the code names. */
export const namedConstants: Readonly<Record<string, number>> = {
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
  ...spelled('NFT_REJECT_ICMPX_', expr.rejectCodes),
  ...spelled('NFT_OBJECT_', expr.objectTypes),
  ...spelled('NFT_NG_', expr.numgenTypes),
  ...spelled('NFT_HASH_', expr.hashTypes),
  ...spelled('NFT_EXTHDR_OP_', expr.exthdrOps),
  ...spelled('NFT_EXTHDR_F_', expr.exthdrFlags),
  ...spelled('NFT_PAYLOAD_CSUM_', expr.payloadChecksums),
  ...spelled('NFT_PAYLOAD_L4CSUM_', expr.payloadChecksumFlags),
  ...spelled('NFT_QUEUE_FLAG_', expr.queueFlags),
  ...spelled('NFT_SOCKET_', expr.socketKeys),
  ...spelled('NFT_OSF_F_', expr.osfFlags),
  ...spelled('NFT_XFRM_KEY_', expr.xfrmKeys),
  ...spelled('NFT_TUNNEL_', expr.tunnelKeys),
  ...spelled('NFT_TUNNEL_MODE_', expr.tunnelModes),
  ...spelled('NFT_TUNNEL_F_', messages.tunnelFlags),
  ...spelled('NFT_INNER_', expr.innerFlags),
  ...spelled('NFT_INNER_', expr.innerTypes),
  NFT_PAYLOAD_LL_HEADER: expr.payloadBases.link,
  NFT_PAYLOAD_NETWORK_HEADER: expr.payloadBases.network,
  NFT_PAYLOAD_TRANSPORT_HEADER: expr.payloadBases.transport,
  NFT_PAYLOAD_INNER_HEADER: expr.payloadBases.inner,
  NFT_PAYLOAD_TUN_HEADER: expr.payloadBases.tunnel,
  NFT_CONTINUE: expr.verdictCodes.continue,
  NFT_BREAK: expr.verdictCodes.break,
  NFT_JUMP: expr.verdictCodes.jump,
  NFT_GOTO: expr.verdictCodes.goto,
  NFT_RETURN: expr.verdictCodes.return,
  ...spelled('NFT_MSG_', messages.messageTypes),
  ...spelled('NFT_TABLE_F_', messages.tableFlags),
  ...spelled('NFT_CHAIN_', messages.chainFlags),
  ...spelled('NFT_SET_', messages.setFlags),
  ...spelled('NFT_SET_POL_', messages.setPolicies),
  ...spelled('NFT_SET_ELEM_', messages.elementFlags),
  ...spelled('NFT_FLOWTABLE_', messages.flowtableFlags),
  ...spelled('NFT_RULE_COMPAT_F_', messages.compatFlags),
  ...spelled('NFT_TRACETYPE_', traceTypes),
  NFT_DATA_VERDICT: messages.NFT_DATA_VERDICT,
}

/** Younger than the header of Debian 12 (Linux 6.1), with the version that brought them. */
export const newer: readonly string[] = [
  ...Object.keys(expr.inner.macros ?? {}).filter((macro) => macro.startsWith('NFTA_INNER_')), // 6.2
  ...[...Object.keys(expr.innerFlags), ...Object.keys(expr.innerTypes)].map(
    (name) => `NFT_INNER_${name.toUpperCase()}`,
  ), // 6.2
  'NFT_PAYLOAD_TUN_HEADER', // 6.2
  'NFT_MSG_GETRULE_RESET', // 6.2
  ...['TABLE', 'CHAIN', 'RULE', 'SET', 'SETELEM', 'OBJ', 'FLOWTABLE'].map((kind) => `NFT_MSG_DESTROY${kind}`), // 6.3
  'NFT_META_BRI_BROUTE', // 6.4
  'NFT_MSG_GETSETELEM_RESET', // 6.5
  'NFT_TABLE_F_PERSIST', // 6.9
  ...['AND', 'OR', 'XOR'].map((op) => `NFT_BITWISE_${op}`), // 6.13
  'NFTA_BITWISE_SREG2', // 6.13
  'NFTA_SET_TYPE', // 6.17
  'NFTA_SET_COUNT', // 6.17
  'NFTA_DEVICE_PREFIX', // 6.18
  'NFT_META_BRI_IIFHWADDR', // 6.18
  ...['ID', 'DIRECTION', 'STATUS', 'STATE'].map((name) => `NFTA_TRACE_CT_${name}`), // 6.16
]
