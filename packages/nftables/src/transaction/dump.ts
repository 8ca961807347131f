import { type Connection, EINTR, NetlinkError, type Request } from '@sallyport/linux'
import { type MessageName, nlmsgType } from '../messages/index.ts'

const ATTEMPTS = 10

/**
 * Everything that a dump has, each read as it comes: the bytes of one datagram are done with before the next one is
 * received. What reads as undefined is left out. Taken again as a whole when the ruleset changes meanwhile; throws
 * NetlinkError EINTR when it did so ten times.
 */
export function dumpOf<T>(
  connection: Connection,
  name: MessageName,
  asked: Pick<Request, 'body' | 'pathAt'>,
  read: (body: Uint8Array) => T | undefined,
): T[] {
  const request: Request = { operation: name, type: nlmsgType(name), ...asked }
  for (let attempt = 1; ; attempt++) {
    try {
      return collect(connection, request, read)
    } catch (error) {
      if (!(error instanceof NetlinkError) || error.errno !== EINTR || attempt === ATTEMPTS) throw error
    }
  }
}

function collect<T>(connection: Connection, request: Request, read: (body: Uint8Array) => T | undefined): T[] {
  const found: T[] = []
  for (const { body } of connection.stream(request)) {
    const one = read(body)
    if (one !== undefined) found.push(one)
  }
  return found
}
