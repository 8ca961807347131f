import {
  attributes,
  type Codec,
  type Field,
  type Flags,
  flagSet,
  type Names,
  named,
  type Unknown,
  u8,
  u16be,
  u32be,
} from '../bytes/index.ts'
import { fixedHeader, message } from '../netlink/message.ts'
import { type NfGenMessage, nfGenMessage } from '../netlink/nfnetlink.ts'

/** How the kernel is asked for the packets of a log group (linux/netfilter/nfnetlink_log.h). */

// enum nfulnl_msg_types
export const NFULNL_MSG_PACKET = 0
export const NFULNL_MSG_CONFIG = 1

export type LogCommand = 'bind' | 'unbind'

/** enum nfulnl_msg_config_cmds; those for a whole protocol family do nothing any more. */
export const LOG_COMMANDS: Names<LogCommand> = {
  bind: 1, // NFULNL_CFG_CMD_BIND
  unbind: 2, // NFULNL_CFG_CMD_UNBIND
}

export type CopyMode = 'none' | 'meta' | 'packet'

export const COPY_MODES: Names<CopyMode> = {
  none: 0, // NFULNL_COPY_NONE
  meta: 1, // NFULNL_COPY_META
  packet: 2, // NFULNL_COPY_PACKET
}

/** struct nfulnl_msg_config_mode. */
export interface LogMode {
  /** Bytes of each packet that are wanted; 0: all. */
  readonly range: number
  readonly copy: CopyMode
}

const logMode: Field<LogMode> = fixedHeader<LogMode>('nfulnl_msg_config_mode', 6, {
  range: [0, u32be],
  copy: [4, named(u8, COPY_MODES)],
})

export type LogFlag = 'sequence' | 'global-sequence' | 'conntrack'

export const LOG_FLAGS: Names<LogFlag> = {
  sequence: 1, // NFULNL_CFG_F_SEQ
  'global-sequence': 2, // NFULNL_CFG_F_SEQ_GLOBAL
  conntrack: 4, // NFULNL_CFG_F_CONNTRACK
}

/** What a log group is to do for its reader. */
export interface LogConfig extends Unknown {
  readonly command?: LogCommand
  readonly mode?: LogMode
  /** Bytes of the kernel's buffer for packets that wait to be sent together. */
  readonly bufferSize?: number
  /** Hundredths of a second that a packet may wait for others. */
  readonly timeout?: number
  /** Packets that are sent together at the latest. */
  readonly queueThreshold?: number
  readonly flags?: Flags<LogFlag>
}

export const logConfig: Codec<LogConfig> = attributes<LogConfig>('log config', {
  command: [1, named(u8, LOG_COMMANDS), 'NFULA_CFG_CMD'],
  mode: [2, logMode, 'NFULA_CFG_MODE'],
  bufferSize: [3, u32be, 'NFULA_CFG_NLBUFSIZ'],
  timeout: [4, u32be, 'NFULA_CFG_TIMEOUT'],
  queueThreshold: [5, u32be, 'NFULA_CFG_QTHRESH'],
  flags: [6, flagSet(u16be, LOG_FLAGS), 'NFULA_CFG_FLAGS'],
})

/** The body of NFULNL_MSG_CONFIG; res_id is the group. */
export const configMessage: Codec<NfGenMessage & LogConfig> = message('nflog config', nfGenMessage, logConfig)
