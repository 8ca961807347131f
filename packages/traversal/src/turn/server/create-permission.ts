import { type Endpoint, xorPeerAddress } from '../../stun/index.ts'
import { hostOf } from './peers.ts'
import { type Answer, error, type Request, success } from './request.ts'
import { isSameUser } from './same-user.ts'
import type { TurnServer } from './server.ts'

/** CreatePermission (RFC 8656 section 10.2): all of the peers or none of them. */
export function createPermission(server: TurnServer, { message, client, user, now }: Request): Answer {
  const allocation = server.table.of(client)
  if (allocation === undefined) return error(437)
  if (!isSameUser(allocation.user, user)) return error(441)
  const named = message.all(xorPeerAddress)
  if (named === undefined || named.length === 0) return error(400)
  const peers: Endpoint[] = []
  for (const each of named) {
    const peer = hostOf(server, allocation, each)
    if (typeof peer === 'number') return error(peer)
    peers.push(peer)
  }
  const added = new Set(peers.map(({ address }) => address).filter((address) => !allocation.permissions.has(address)))
  if (allocation.permissions.size + added.size > server.limits.permissions) return error(508)
  for (const { address } of peers) allocation.permit(address, now)
  return success()
}
