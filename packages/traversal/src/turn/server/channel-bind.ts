import { channelNumber, xorPeerAddress } from '../../stun/index.ts'
import { peerOf } from './peers.ts'
import { type Answer, error, type Request, success } from './request.ts'
import { isSameUser } from './same-user.ts'
import type { TurnServer } from './server.ts'

/** RFC 8656 section 12. */
const FIRST_CHANNEL = 0x4000
/** As in RFC 5766 section 11; in RFC 8656 it is 0x4FFF. Clients of the former are many: coturn's takes any of them. */
const LAST_CHANNEL = 0x7fff

/** ChannelBind (RFC 8656 section 12.2). */
export function channelBind(server: TurnServer, { message, client, user, now }: Request): Answer {
  const allocation = server.table.of(client)
  if (allocation === undefined) return error(437)
  if (!isSameUser(allocation.user, user)) return error(441)
  const number = message.get(channelNumber)
  const named = message.get(xorPeerAddress)
  if (number === undefined || named === undefined || allocation.protocol !== 'udp') return error(400)
  if (number < FIRST_CHANNEL || number > LAST_CHANNEL) return error(400)
  const peer = peerOf(server, allocation, named)
  if (typeof peer === 'number') return error(peer)
  const taken = allocation.channel(number, now)
  const other = allocation.channelTo(peer, now)
  if (taken !== undefined && taken !== other) return error(400)
  if (other !== undefined && other.number !== number) return error(400)
  const { channels, permissions } = server.limits
  if (other === undefined && allocation.channels.size >= channels) return error(508)
  if (!allocation.permissions.has(peer.address) && allocation.permissions.size >= permissions) return error(508)
  allocation.bind(number, peer, now)
  allocation.permit(peer.address, now)
  return success()
}
