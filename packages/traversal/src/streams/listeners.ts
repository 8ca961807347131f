import { closeDescriptor, listenTcp, localEndpoint, openTcp, SystemError } from '@sallyport/linux'
import type { StreamAddress, StreamListener } from './settings.ts'

/**
 * Listens on all of them; ports that the kernel chose stand in the result. Throws Error that names the address when one
 * cannot be listened on, and leaves nothing open then.
 */
export function listenAll(addresses: readonly StreamAddress[]): StreamListener[] {
  const listeners: StreamListener[] = []
  try {
    for (const each of addresses) listeners.push(listen(each))
    return listeners
  } catch (error) {
    for (const { fd } of listeners) closeDescriptor(fd)
    throw error
  }
}

function listen({ transport, address, port }: StreamAddress): StreamListener {
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  let fd: number | undefined
  try {
    fd = openTcp({ address, port })
    listenTcp(fd)
    return { transport, address, port: localEndpoint(fd).port, fd }
  } catch (error) {
    if (fd !== undefined) closeDescriptor(fd)
    if (!(error instanceof SystemError)) throw error
    throw new Error(`cannot listen on ${transport} ${place}: ${error.code}: ${error.message}`, { cause: error })
  }
}
