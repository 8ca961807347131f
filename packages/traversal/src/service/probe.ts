import { once } from 'node:events'
import { closeDescriptor, openUdp, portOfDescriptor, tcpListen } from '@sallyport/linux'
import type { Endpoint } from '../stun/index.ts'

/**
 * Opens an endpoint for a moment, as nobody else's: threads share their ports (SO_REUSEPORT), and would share them with
 * another server too, without a word. Returns the port, which is a free one for port 0. Throws {@link SystemError}
 * (EADDRINUSE, EADDRNOTAVAIL, EACCES).
 */
export function probeUdp(endpoint: Endpoint): number {
  const fd = openUdp(endpoint)
  try {
    return portOfDescriptor(fd)
  } finally {
    closeDescriptor(fd)
  }
}

/** The same for TCP. Rejects with an error that has a `code`: of {@link SystemError}, or of Node. */
export async function probeTcp(endpoint: Endpoint): Promise<void> {
  const server = await tcpListen(endpoint)
  const closed = once(server, 'close')
  server.close()
  await closed
}
