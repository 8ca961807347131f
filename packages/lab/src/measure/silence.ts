import type { Endpoint } from '../traffic/endpoint.ts'
import type { Mailbox } from '../traffic/mailbox.ts'
import { type Attempt, errnoOf } from './reach.ts'

/**
 * What somebody gets who knocks: 'silent' nothing at all, 'refused' an RST or an ICMP port unreachable,
 * 'unreachable' another ICMP error, 'answered' a connection or a datagram.
 *
 * Over UDP the kernel tells a socket of port unreachable and administratively prohibited only (`icmp_err_convert`).
 */
export type Knock = 'silent' | 'refused' | 'unreachable' | 'answered'

/**
 * Knocks once, with a SYN or a datagram, and waits (milliseconds, default 300; RFC 5382 REQ-4 speaks of 6 s) for any
 * answer. Silence says nothing about who was asked: see to it that the same caller reaches something there.
 */
export function knock({ from, to, protocol }: Attempt, within = 300): Promise<Knock> {
  return protocol === 'tcp' ? knockTcp(from, to, within) : knockUdp(from, to, within)
}

async function knockTcp(from: Attempt['from'], to: Endpoint, within: number): Promise<Knock> {
  try {
    const socket = await from.tcpConnect({ to, timeout: within })
    socket.destroy()
    return 'answered'
  } catch (error) {
    return meaning(error)
  }
}

/** A connected socket, since only such a one is told of ICMP errors. */
async function knockUdp(from: Attempt['from'], to: Endpoint, within: number): Promise<Knock> {
  await using box = await from.mailbox()
  await connected(box, to)
  try {
    await new Promise<void>((resolve, reject) =>
      box.socket.send('knock', (error) => (error ? reject(error) : resolve())),
    )
    return (await box.tryReceive({ within })) === undefined ? 'silent' : 'answered'
  } catch (error) {
    return meaning(error)
  }
}

function connected({ socket }: Mailbox, to: Endpoint): Promise<void> {
  return new Promise((resolve) => socket.connect(to.port, to.address, () => resolve()))
}

function meaning(error: unknown): Knock {
  const errno = errnoOf(error)
  if (errno === 'ETIMEDOUT') return 'silent'
  if (errno === 'ECONNREFUSED') return 'refused'
  if (errno === 'EHOSTUNREACH' || errno === 'ENETUNREACH' || errno === 'EACCES') return 'unreachable'
  throw error
}
