import {
  attributes,
  type Codec,
  NFNETLINK_V0,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_REQUEST,
  nfGenMessage,
  u32be,
  type Writer,
} from '@sallyport/linux'

export const NFNL_MSG_BATCH_BEGIN = 0x10
export const NFNL_MSG_BATCH_END = 0x11

interface BatchBegin {
  genid?: number
}

/** enum nfnl_batch_attributes of linux/netfilter/nfnetlink.h */
const batchBegin: Codec<BatchBegin> = attributes<BatchBegin>('batch', {
  genid: [1, u32be, 'NFNL_BATCH_GENID'],
})

interface Frame {
  type: number
  flags: number
  sequence: number
  body: (out: Writer) => void
}

/** Opens a batch. With a generation that is no longer current the kernel refuses it as a whole (ERESTART). */
export function begin(sequence: number, generation: number | undefined): Frame {
  return frame(NFNL_MSG_BATCH_BEGIN, sequence, generation === undefined ? {} : { genid: generation })
}

/** Closes a batch: without it the kernel checks everything and changes nothing. */
export function end(sequence: number): Frame {
  return frame(NFNL_MSG_BATCH_END, sequence, {})
}

function frame(type: number, sequence: number, attributes: BatchBegin): Frame {
  const body = (out: Writer): void => {
    nfGenMessage.write(out, { family: 0, version: NFNETLINK_V0, resourceId: NFNL_SUBSYS_NFTABLES })
    batchBegin.write(out, attributes)
  }
  return { type, flags: NLM_F_REQUEST, sequence, body }
}
