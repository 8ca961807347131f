import { u8, u16be, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutNoFlags } from './table.ts'

/** NF_SYNPROXY_OPT_* of linux/netfilter/nf_synproxy.h */
export const synproxyFlags = {
  mss: 1, // NF_SYNPROXY_OPT_MSS
  wscale: 2, // NF_SYNPROXY_OPT_WSCALE
  sack_perm: 4, // NF_SYNPROXY_OPT_SACK_PERM
  timestamp: 8, // NF_SYNPROXY_OPT_TIMESTAMP
  ecn: 16, // NF_SYNPROXY_OPT_ECN
} as const

/** Answers SYN packets itself, with these options, and troubles the server only with those that answer back. */
export interface Synproxy {
  expr: 'synproxy'
  /** Maximum segment size in bytes. */
  mss?: number
  /** Power of two by which windows are scaled. */
  wscale?: number
  flags?: (keyof typeof synproxyFlags | UnnamedBit)[]
}

/** Of the expression, and of the named object. */
export const synproxy: ExpressionCodec<Synproxy> = expression<Synproxy>(
  'synproxy',
  {
    mss: [1, u16be, 'NFTA_SYNPROXY_MSS'],
    wscale: [2, u8, 'NFTA_SYNPROXY_WSCALE'],
    flags: [3, flags(u32be, synproxyFlags), 'NFTA_SYNPROXY_FLAGS'],
  },
  ({ flags = [], ...rest }) => {
    // The kernel sets the bits of what is given, and dumps both numbers always.
    const implied = [...(rest.mss ? ['mss' as const] : []), ...(rest.wscale ? ['wscale' as const] : [])]
    const all = [...implied, ...flags.filter((flag) => flag !== 'mss' && flag !== 'wscale')]
    const order = Object.keys(synproxyFlags)
    return withoutNoFlags({
      mss: 0,
      wscale: 0,
      ...rest,
      flags: all.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
    })
  },
)
