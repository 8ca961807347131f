import { attributes, type Codec, i32, littleEndian, Malformed, raw, text, type Unknown, u32 } from '../bytes/index.ts'
import { type Message, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSG_ERROR, NLMSG_HDRLEN } from './header.ts'

/** What the kernel adds to an error when the socket has NETLINK_EXT_ACK: enum nlmsgerr_attrs, linux/netlink.h. */
export interface AckDetails extends Unknown {
  message?: string
  offset?: number
  cookie?: Uint8Array
  policy?: Uint8Array
  missingType?: number
  missingNest?: number
}

export const ackDetails: Codec<AckDetails> = attributes<AckDetails>('nlmsgerr', {
  message: [1, text, 'NLMSGERR_ATTR_MSG'],
  offset: [2, u32, 'NLMSGERR_ATTR_OFFS'],
  cookie: [3, raw, 'NLMSGERR_ATTR_COOKIE'],
  policy: [4, raw, 'NLMSGERR_ATTR_POLICY'],
  missingType: [5, u32, 'NLMSGERR_ATTR_MISS_TYPE'],
  missingNest: [6, u32, 'NLMSGERR_ATTR_MISS_NEST'],
})

/** The kernel's verdict on one message (NLMSG_ERROR) or on a whole dump (NLMSG_DONE). */
export interface Ack {
  /** Which message it is about. */
  readonly sequence: number
  /** 0 done, else a positive error number. */
  readonly errno: number
  /** nlmsg_type of the message it is about; absent at the end of a dump. */
  readonly requestType?: number
  /** The kernel's own sentence. */
  readonly message?: string
  /** Where the offending attribute's header lies, in bytes from the start of the message's header. */
  readonly offset?: number
  /** Type of an attribute that is missing, and the offset of the nest it is missing in (absent: at the top). */
  readonly missingType?: number
  readonly missingNest?: number
  readonly cookie?: Uint8Array
}

/** True for messages that {@link parseAck} understands. */
export function isAck(message: Message): boolean {
  return message.type === NLMSG_ERROR || message.type === NLMSG_DONE
}

/** Reads NLMSG_ERROR (also the one that says "no error") and NLMSG_DONE; throws {@link Malformed}. */
export function parseAck(message: Message): Ack {
  const errno = -i32.read(message.body) | 0 // `| 0` also turns -0 into 0
  if (message.type === NLMSG_DONE) return { sequence: message.sequence, errno, ...details(message, 4) }
  const { length, type, sequence } = echoedHeader(message.body)
  // The request follows its header, unless the kernel left it out: on success, and with NETLINK_CAP_ACK.
  const capped = errno === 0 || (message.flags & NLM_F_CAPPED) !== 0
  const at = 4 + (capped ? NLMSG_HDRLEN : ((length + 3) & ~3) >>> 0)
  return { sequence, errno, requestType: type, ...details(message, at) }
}

function echoedHeader(body: Uint8Array): { length: number; type: number; sequence: number } {
  if (body.length < 4 + NLMSG_HDRLEN) throw new Malformed(`${body.length} bytes where struct nlmsgerr needs 20`)
  const view = new DataView(body.buffer, body.byteOffset + 4, NLMSG_HDRLEN)
  const length = view.getUint32(0, littleEndian)
  if (length < NLMSG_HDRLEN) throw new Malformed(`the echoed request claims ${length} bytes, less than its header`)
  return {
    length,
    type: view.getUint16(4, littleEndian),
    sequence: view.getUint32(8, littleEndian),
  }
}

function details(message: Message, at: number): AckDetails {
  if ((message.flags & NLM_F_ACK_TLVS) === 0) return {}
  if (at > message.body.length) throw new Malformed(`the echoed request ends at ${at} of ${message.body.length} bytes`)
  return ackDetails.decode(message.body.subarray(at))
}
