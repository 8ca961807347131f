import {
  Connection,
  type Message,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseMessages,
  type Transport,
  Writer,
  writeMessage,
} from '@sallyport/linux'

/** What a kernel says to one datagram; an error is thrown when it would be received. */
export type Answer = (messages: readonly Message[]) => readonly (Uint8Array | Error)[]

/** A connection to a kernel that says what the test wants. `sent` has the datagrams. */
export function scripted(answer: Answer): { connection: Connection; sent: Uint8Array[] } {
  const sent: Uint8Array[] = []
  const queue: (Uint8Array | Error)[] = []
  const transport: Transport = {
    portId: 1,
    send: (datagram) => {
      sent.push(datagram)
      queue.push(...answer([...parseMessages(datagram)]))
    },
    receive: () => {
      const next = queue.shift()
      if (next instanceof Error) throw next
      return next
    },
    wait: async () => queue.length > 0,
    join: () => {},
    [Symbol.dispose]: () => {},
  }
  return { connection: new Connection(transport), sent }
}

/** struct nlmsgerr with the header of what it is about (NETLINK_CAP_ACK); 0 is an acknowledgement. */
export function verdict(about: Message, errno: number): Uint8Array {
  const body = new Writer()
  body.u32(-errno >>> 0)
  body.u32(16)
  body.u16(about.type)
  body.u16(about.flags)
  body.u32(about.sequence)
  body.u32(0)
  return datagram(NLMSG_ERROR, about.sequence, body.finish())
}

/** NFT_MSG_NEWGEN, and the acknowledgement that was asked for. */
export function generation(about: Message, id: number): Uint8Array[] {
  const body = Uint8Array.of(0, 0, 0, 0, 8, 0, 1, 0, id >>> 24, (id >> 16) & 0xff, (id >> 8) & 0xff, id & 0xff)
  return [datagram(0xa0f, about.sequence, body), verdict(about, 0)]
}

/** The end of a dump that had nothing. */
export function nothing(about: Message): Uint8Array {
  return datagram(NLMSG_DONE, about.sequence, new Uint8Array(4))
}

function datagram(type: number, sequence: number, body: Uint8Array): Uint8Array {
  const out = new Writer()
  writeMessage(out, { type, flags: 0, sequence, body })
  return out.finish()
}
