import { type Connection, Malformed, NFNETLINK_V0, nfGenMessage, Writer } from '@sallyport/linux'
import { nlmsgType, readGeneration } from '../messages/index.ts'
import { availably } from './unavailable.ts'

/** The ruleset's generation (NFT_MSG_GETGEN). Throws NftablesUnavailable when the kernel has none, or not for us. */
export function currentGeneration(connection: Connection): number {
  const request = { operation: 'getgen', type: nlmsgType('getgen'), body: anyFamily() }
  const [answer] = availably(() => connection.request(request))
  if (answer === undefined) throw new Malformed('NFT_MSG_GETGEN has no answer')
  return readGeneration(answer.body).id
}

/** nfgenmsg of AF_UNSPEC: tables of every family. */
export function anyFamily(): Uint8Array {
  const out = new Writer(4)
  nfGenMessage.write(out, { family: 0, version: NFNETLINK_V0, resourceId: 0 })
  return out.finish()
}
