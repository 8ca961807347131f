import { u16be, u32be } from '@sallyport/linux'
import { flags, type UnnamedBit } from './flags.ts'
import { type ExpressionCodec, expression, withoutDefault, withoutNoFlags } from './table.ts'

/** NFT_QUEUE_FLAG_* */
export const queueFlags = {
  bypass: 1, // NFT_QUEUE_FLAG_BYPASS: packets go on when nobody listens
  cpu_fanout: 2, // NFT_QUEUE_FLAG_CPU_FANOUT: by processor, not by hash
} as const

/** Hands the packet to a program that listens to a queue (nfnetlink_queue). */
export interface Queue {
  expr: 'queue'
  /** The first queue. */
  num?: number
  /** How many queues share the packets. Default: 1. */
  total?: number
  flags?: (keyof typeof queueFlags | UnnamedBit)[]
  /** Instead of `num`: where the number of the queue is. */
  sregQnum?: number
}

export const queue: ExpressionCodec<Queue> = expression<Queue>(
  'queue',
  {
    num: [1, u16be, 'NFTA_QUEUE_NUM'],
    total: [2, u16be, 'NFTA_QUEUE_TOTAL'],
    flags: [3, flags(u16be, queueFlags), 'NFTA_QUEUE_FLAGS'],
    sregQnum: [4, u32be, 'NFTA_QUEUE_SREG_QNUM'],
  },
  (queue) => withoutDefault(withoutNoFlags(queue), 'total', 1),
)
