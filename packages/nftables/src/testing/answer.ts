import {
  ackDetails,
  type Message,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP_INTR,
  NLM_F_MULTI,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_HDRLEN,
  type Writer,
  writeMessage,
} from '@sallyport/linux'
import { bytesOf } from './fill.ts'

/** NLMSG_ERROR about a message: 0 is an acknowledgement. As with NETLINK_CAP_ACK, only its header is repeated. */
export function acknowledge(about: Message, portId: number, errno: number, offset?: number): Uint8Array {
  const flags = NLM_F_CAPPED | (offset === undefined ? 0 : NLM_F_ACK_TLVS)
  return bytesOf((out) =>
    writeMessage(out, {
      type: NLMSG_ERROR,
      flags,
      sequence: about.sequence,
      portId,
      body: (body) => {
        body.u32(-errno >>> 0)
        repeatHeader(body, about, portId)
        if (offset !== undefined) ackDetails.write(body, { offset })
      },
    }),
  )
}

function repeatHeader(out: Writer, { type, flags, sequence, body }: Message, portId: number): void {
  out.u32(NLMSG_HDRLEN + body.length)
  out.u16(type)
  out.u16(flags)
  out.u32(sequence)
  out.u32(portId)
}

/** NLMSG_DONE: the end of a dump. */
export function done(about: Message, portId: number, interrupted: boolean): Uint8Array {
  const flags = NLM_F_MULTI | (interrupted ? NLM_F_DUMP_INTR : 0)
  const body = new Uint8Array(4) // no error
  return bytesOf((out) => writeMessage(out, { type: NLMSG_DONE, flags, sequence: about.sequence, portId, body }))
}

/** Messages put together into datagrams of `size` bytes at most; a larger one goes alone. */
export function datagrams(messages: readonly Uint8Array[], size: number): Uint8Array[] {
  const pieces: Uint8Array[][] = []
  let room = 0
  for (const message of messages) {
    if (pieces.length === 0 || message.length > room) {
      pieces.push([])
      room = size
    }
    pieces.at(-1)!.push(message)
    room -= message.length
  }
  return pieces.map((piece) => Uint8Array.from(Buffer.concat(piece)))
}
