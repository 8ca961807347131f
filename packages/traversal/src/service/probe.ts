import { closeDescriptor, openUdp, portOfDescriptor } from '@sallyport/linux'
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
