import { named, text, u16be, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutDefault, withoutNoFlags } from './table.ts'

/** enum nft_log_level */
export const logLevels = {
  emerg: 0, // NFT_LOGLEVEL_EMERG
  alert: 1, // NFT_LOGLEVEL_ALERT
  crit: 2, // NFT_LOGLEVEL_CRIT
  err: 3, // NFT_LOGLEVEL_ERR
  warning: 4, // NFT_LOGLEVEL_WARNING
  notice: 5, // NFT_LOGLEVEL_NOTICE
  info: 6, // NFT_LOGLEVEL_INFO
  debug: 7, // NFT_LOGLEVEL_DEBUG
  audit: 8, // NFT_LOGLEVEL_AUDIT
} as const
export type LogLevel = keyof typeof logLevels

/** NF_LOG_* of linux/netfilter/nf_log.h */
export const logFlags = {
  tcpseq: 1, // NF_LOG_TCPSEQ
  tcpopt: 2, // NF_LOG_TCPOPT
  ipopt: 4, // NF_LOG_IPOPT
  uid: 8, // NF_LOG_UID
  nflog: 16, // NF_LOG_NFLOG
  macdecode: 32, // NF_LOG_MACDECODE
} as const

/** To the kernel log with `level`, or to listeners of nflog with `group`; never both. */
export interface Log {
  expr: 'log'
  prefix?: string
  group?: number
  /** Bytes of the packet that a listener gets; 0 or absent: all. */
  snaplen?: number
  /** How many packets gather before a listener is woken; 0 or absent: the listener's own. */
  qthreshold?: number
  /** Default without a group: `warning`. */
  level?: LogLevel
  flags?: (keyof typeof logFlags | UnnamedBit)[]
}

export const log: ExpressionCodec<Log> = expression<Log>(
  'log',
  {
    prefix: [2, text, 'NFTA_LOG_PREFIX'],
    group: [1, u16be, 'NFTA_LOG_GROUP'],
    snaplen: [3, u32be, 'NFTA_LOG_SNAPLEN'],
    qthreshold: [4, u16be, 'NFTA_LOG_QTHRESHOLD'],
    level: [5, named(u32be, logLevels), 'NFTA_LOG_LEVEL'],
    flags: [6, flags(u32be, logFlags), 'NFTA_LOG_FLAGS'],
  },
  canonical,
)

function canonical(log: Log): Log {
  const prefixed = withoutNoFlags(withoutDefault(log, 'prefix', ''))
  if (log.group === undefined) return { level: 'warning', ...prefixed }
  return withoutDefault(withoutDefault(prefixed, 'snaplen', 0), 'qthreshold', 0)
}
