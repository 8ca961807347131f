import { hasIntegrity, type Message } from '../stun/index.ts'
import type { Allocation, Client, Relay } from '../turn/server/index.ts'
import { formatEndpoint } from './endpoint.ts'
import type { About } from './messages.ts'

const STALE_NONCE = 438
const UNAUTHENTICATED = 401

/** An allocation, as the log tells of it. */
export function about({ user, client, relays }: Allocation): About {
  const names = relays.map(({ protocol, endpoint }) => `${protocol}/${formatEndpoint(endpoint)}`)
  return { user: user.name, client: nameOf(client), relays: names }
}

/** A client without what its server has of it, so that it can be told of to another thread. */
export function nameOf({ transport, remote, local }: Client): Client {
  return { transport, remote, local }
}

type Carrier = Relay & { readonly carried: { readonly toPeers: number; readonly fromPeers: number } }

/** Bytes of payload that its relays counted. */
export function carried({ relays }: Allocation): { toPeers: number; fromPeers: number } {
  const each = relays.map((relay) => (relay as Carrier).carried)
  const sum = (way: 'toPeers' | 'fromPeers'): number => each.reduce((total, bytes) => total + bytes[way], 0)
  return { toPeers: sum('toPeers'), fromPeers: sum('fromPeers') }
}

/** Nothing to tell of: how every client begins, and how its nonces grow old. */
export function isChallenge(code: number, message: Message): boolean {
  if (code === STALE_NONCE) return true
  return code === UNAUTHENTICATED && !hasIntegrity(message, 'sha1') && !hasIntegrity(message, 'sha256')
}

/** The counter of a refusal. */
export function refusalName(code: number): 'refusedUnauthenticated' | 'refusedOther' {
  return code === UNAUTHENTICATED ? 'refusedUnauthenticated' : 'refusedOther'
}
