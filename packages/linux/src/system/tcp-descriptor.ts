import * as libc from './libc.ts'
import { boundSocket } from './sockets.ts'

/** A TCP socket by its number, bound and nothing else: for ports that have to be chosen at once. */
export interface TcpDescriptorOptions {
  readonly address: string
  /** Default 0: any free one. */
  readonly port?: number
  /**
   * SO_REUSEPORT; default false. A port that is listened on can be connected from as well when all its sockets have it;
   * but then nothing fails any more for a port that is taken twice by one user.
   */
  readonly reusePort?: boolean
}

/**
 * Opens and binds it, with SO_REUSEADDR; `net.Server.listen({ fd })` takes it over. Throws {@link SystemError}
 * (EADDRINUSE, EADDRNOTAVAIL, …) that names the address.
 */
export function openTcp({ address, port = 0, reusePort = false }: TcpDescriptorOptions): number {
  return boundSocket(libc.SOCK_STREAM, { namespace: undefined, address, port, reuseAddress: true, reusePort })
}
