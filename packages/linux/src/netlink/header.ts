import { littleEndian, Malformed, Writer } from '../bytes/index.ts'

/** The header in front of every netlink message: struct nlmsghdr, linux/netlink.h. */

export const NLMSG_HDRLEN = 16

// nlmsg_type, control messages
export const NLMSG_NOOP = 1
export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3
export const NLMSG_OVERRUN = 4
export const NLMSG_MIN_TYPE = 0x10

// nlmsg_flags
export const NLM_F_REQUEST = 0x01
export const NLM_F_MULTI = 0x02
export const NLM_F_ACK = 0x04
export const NLM_F_ECHO = 0x08
export const NLM_F_DUMP_INTR = 0x10
export const NLM_F_DUMP_FILTERED = 0x20

// of GET requests
export const NLM_F_ROOT = 0x100
export const NLM_F_MATCH = 0x200
export const NLM_F_DUMP = 0x300

// of NEW requests
export const NLM_F_REPLACE = 0x100
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
export const NLM_F_APPEND = 0x800

// of DELETE requests
export const NLM_F_NONREC = 0x100
export const NLM_F_BULK = 0x200

// of acknowledgements
export const NLM_F_CAPPED = 0x100
export const NLM_F_ACK_TLVS = 0x200

/** One message. `body` is what follows the header: a view into the datagram it came in. */
export interface Message {
  readonly type: number // nlmsg_type
  readonly flags: number // nlmsg_flags
  readonly sequence: number // nlmsg_seq: an answer carries that of its request
  readonly portId: number // nlmsg_pid: the socket that asked; 0 from or to the kernel
  readonly body: Uint8Array
}

/** Appends one message, padded to four bytes. `body` may also be a function that writes it in place. */
export function writeMessage(
  out: Writer,
  message: Omit<Message, 'body' | 'portId'> & {
    readonly portId?: number
    readonly body: Uint8Array | ((out: Writer) => void)
  },
): void {
  const start = out.length
  out.u32(0)
  out.u16(message.type)
  out.u16(message.flags)
  out.u32(message.sequence)
  out.u32(message.portId ?? 0)
  if (typeof message.body === 'function') message.body(out)
  else out.bytes(message.body)
  out.patchU32(start, out.length - start)
  out.align(4) // NLMSG_ALIGN
}

/** A datagram of one message. */
export function encodeMessage(message: Parameters<typeof writeMessage>[1]): Uint8Array {
  const out = new Writer()
  writeMessage(out, message)
  return out.finish()
}

/** The messages of a datagram, one after the other; throws {@link Malformed} when lengths do not add up. */
export function* parseMessages(datagram: Uint8Array): Generator<Message> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  let at = 0
  while (at + NLMSG_HDRLEN <= datagram.length) {
    const length = view.getUint32(at, littleEndian)
    if (length < NLMSG_HDRLEN || at + length > datagram.length) {
      throw new Malformed(`a netlink message claims ${length} of ${datagram.length - at} bytes`)
    }
    yield {
      type: view.getUint16(at + 4, littleEndian),
      flags: view.getUint16(at + 6, littleEndian),
      sequence: view.getUint32(at + 8, littleEndian),
      portId: view.getUint32(at + 12, littleEndian),
      body: datagram.subarray(at + NLMSG_HDRLEN, at + length),
    }
    at += (length + 3) & ~3
  }
  if (at < datagram.length) throw new Malformed(`${datagram.length - at} bytes left over after the last message`)
}
