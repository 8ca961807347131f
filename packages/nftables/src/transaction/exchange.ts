import {
  type Ack,
  type Connection,
  EINTR,
  ENOBUFS,
  isAck,
  type Message,
  NLMSG_MIN_TYPE,
  parseAck,
  parseMessages,
  SystemError,
  type Transport,
} from '@sallyport/linux'

/** What the kernel had to say about one batch. */
export interface Answers {
  /** Refusals, by the sequence number of the message that they are about. */
  readonly errors: readonly Ack[]
  /** What was changed, as far as it was to be echoed, and the generation that it made. */
  readonly echoes: readonly Message[]
  /** There was more than the receive buffer holds, and the rest of it is gone. */
  readonly lost: boolean
}

/**
 * Sends the datagram of a batch whose messages are numbered from `first` to `last`. All answers are there when `send`
 * returns. None has to come: of what is done nothing is said unless it is to be echoed, and the end of a batch is
 * acknowledged only from Linux 6.10 on. So they are taken until there are no more, and never counted.
 */
export function exchange({ transport }: Connection, datagram: Uint8Array, first: number, last: number): Answers {
  send(transport, datagram)
  return answersOf(drain(transport), first, last)
}

/** What was received, as answers to the messages from `first` to `last`. */
export function answersOf({ messages, lost }: Received, first: number, last: number): Answers {
  const mine = messages.filter(({ sequence }) => sequence >= first && sequence <= last)
  const errors = mine.filter(isAck).map(parseAck)
  return {
    errors: errors.filter((ack) => ack.errno !== 0),
    echoes: mine.filter((message) => message.type >= NLMSG_MIN_TYPE),
    lost,
  }
}

/** A signal before anything was handed over: nothing has happened, so it is sent again. */
function send(transport: Transport, datagram: Uint8Array): void {
  for (;;) {
    try {
      transport.send(datagram)
      return
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno !== EINTR) throw error
    }
  }
}

export interface Received {
  readonly messages: Message[]
  /** As in {@link Answers}. */
  readonly lost: boolean
}

/** Until nothing is queued. ENOBUFS is told once, before what did find room. */
export function drain(transport: Transport): Received {
  const messages: Message[] = []
  let lost = false
  for (;;) {
    try {
      const datagram = transport.receive()
      if (datagram === undefined) return { messages, lost }
      for (const message of parseMessages(datagram)) messages.push(message)
    } catch (error) {
      if (!(error instanceof SystemError) || (error.errno !== ENOBUFS && error.errno !== EINTR)) throw error
      lost ||= error.errno === ENOBUFS
    }
  }
}
