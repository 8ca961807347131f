import { canonical } from '../../filter/index.ts'
import { connectionId, type Endpoint, methods, xorPeerAddress } from '../../stun/index.ts'
import type { Allocation, PeerConnection } from './allocation.ts'
import { peerKey } from './allocation.ts'
import { peerOf } from './peers.ts'
import { type Answer, error, type Request, success } from './request.ts'
import { isSameUser } from './same-user.ts'
import type { TurnServer } from './server.ts'

/** TCP relays (RFC 6062). A connection waits so long for its peer, and then for its client. Milliseconds. */
const PATIENCE = 30_000

/** Requests whose connection is on its way, by its number. */
const pending = new WeakMap<PeerConnection, Request>()

/** Connect (section 5.2): the answer comes when the peer has answered. */
export function connect(server: TurnServer, request: Request): Answer {
  const { message, client, user, now } = request
  const allocation = server.table.of(client)
  if (allocation === undefined || allocation.protocol !== 'tcp') return error(437)
  if (!isSameUser(allocation.user, user)) return error(441)
  const named = message.get(xorPeerAddress)
  if (named === undefined) return error(400)
  const peer = peerOf(server, allocation, named)
  if (typeof peer === 'number') return error(peer)
  if ([...allocation.connections.values()].some((each) => peerKey(each.peer) === peerKey(peer))) return error(446)
  if (allocation.connections.size >= server.limits.connections) return error(508)
  const connection = remember(server, allocation, { peer, state: 'connecting', expires: now + PATIENCE })
  pending.set(connection, request)
  const relay = allocation.relay(peer.address.includes(':') ? 6 : 4)!
  server.options.relays.connect(relay, peer, connection.id)
  return 'later'
}

export function onConnected(server: TurnServer, id: number, ok: boolean, now: number): void {
  const found = find(server, id)
  const request = found && pending.get(found.connection)
  if (found === undefined || request === undefined || found.connection.state !== 'connecting') return
  pending.delete(found.connection)
  if (!ok) {
    server.disconnect(found.allocation, id)
    server.answerLater(request, error(447))
    return
  }
  found.connection.state = 'waiting'
  found.connection.expires = now + PATIENCE
  server.answerLater(request, success(connectionId.of(id)))
}

/** A peer connected by itself (section 5.3); one without permission is closed at once. */
export function onConnectionAttempt(
  server: TurnServer,
  allocation: Allocation,
  from: Endpoint,
  now: number,
): number | undefined {
  const peer = { address: canonical(from.address), port: from.port }
  if (!server.admits(allocation, peer, now)) return undefined
  if (allocation.connections.size >= server.limits.connections) return undefined
  const { id } = remember(server, allocation, { peer, state: 'waiting', expires: now + PATIENCE })
  server.indicate(allocation, methods.connectionAttempt, [connectionId.of(id), xorPeerAddress.of(peer)])
  return id
}

/** ConnectionBind (section 5.4), on a connection of its own that carries data afterwards. */
export function connectionBind(server: TurnServer, { message, client, user, connection: data }: Request): Answer {
  if (client.transport !== 'tcp' && client.transport !== 'tls') return error(400)
  const id = message.get(connectionId)
  const found = id === undefined ? undefined : find(server, id)
  if (found === undefined || server.table.of(client) !== undefined) return error(400)
  if (!isSameUser(found.allocation.user, user)) return error(441)
  if (found.connection.state !== 'waiting') return error(400)
  found.connection.state = 'joined'
  return {
    success: [connectionId.of(found.connection.id)],
    after: () => server.options.relays.join(found.connection.id, data),
  }
}

function remember(
  server: TurnServer,
  allocation: Allocation,
  parts: Pick<PeerConnection, 'peer' | 'state' | 'expires'>,
): PeerConnection {
  const connection: PeerConnection = { id: newId(server), ...parts }
  allocation.connections.set(connection.id, connection)
  server.table.connection(connection.id, allocation)
  return connection
}

function newId(server: TurnServer): number {
  for (;;) {
    const bytes = server.options.random(4)
    const id = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (server.table.ofConnection(id) === undefined) return id
  }
}

function find(server: TurnServer, id: number): { allocation: Allocation; connection: PeerConnection } | undefined {
  const allocation = server.table.ofConnection(id)
  const connection = allocation?.connections.get(id)
  return allocation === undefined || connection === undefined ? undefined : { allocation, connection }
}
