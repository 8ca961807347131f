import dgram from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { canonical } from '../filter/index.ts'
import { type Endpoint, StreamReader } from '../stun/index.ts'
import type { NamedServer, ServerTransport } from './server-name.ts'

/** How messages get to a server and back. */
export interface Link {
  readonly transport: ServerTransport
  readonly server: Endpoint
  readonly local: Endpoint
  /** What the system said last about a datagram: nobody answers, and this is why. */
  readonly trouble: Error | undefined
  /** Bytes that the system has not taken yet. */
  readonly backlog: number
  send(bytes: Uint8Array): void
  close(): void
}

export interface LinkEvents {
  /** A datagram, or a whole message of a stream. */
  message(bytes: Uint8Array): void
  /** The stream ended; a UDP socket does not. */
  closed(error: Error | undefined): void
}

export interface LinkOptions {
  /** Local address and port; default: as the system likes. */
  readonly local?: Partial<Endpoint>
  /** For TLS: what Node's `tls.connect` takes, as `ca` and `servername`. */
  readonly tls?: tls.ConnectionOptions
  readonly signal?: AbortSignal
}

/** The address of a server. Throws what the system says of a name that is not known. */
export async function resolveServer({ host, port }: NamedServer): Promise<Endpoint> {
  const { address } = net.isIP(host) > 0 ? { address: host } : await lookup(host)
  return { address: canonical(address), port }
}

export async function openLink(
  transport: ServerTransport,
  server: Endpoint,
  events: LinkEvents,
  options: LinkOptions = {},
): Promise<Link> {
  if (transport === 'udp') return await udpLink(server, events, options)
  const socket = await openStream(transport, server, options)
  return streamLink(transport, socket, server, events)
}

/** Connected, so that the kernel drops what others send, and tells of ICMP errors. */
async function udpLink(server: Endpoint, events: LinkEvents, { local, signal }: LinkOptions): Promise<Link> {
  const socket = dgram.createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
  let trouble: Error | undefined
  try {
    socket.bind({ port: local?.port ?? 0, ...(local?.address !== undefined && { address: local.address }) })
    await once(socket, 'listening', { signal })
    socket.connect(server.port, server.address)
    await once(socket, 'connect', { signal })
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('error', (error) => {
    trouble = error
  })
  socket.on('message', (bytes) => events.message(bytes))
  const { address, port } = socket.address()
  let open = true
  return {
    transport: 'udp',
    server,
    local: { address, port },
    get trouble() {
      return trouble
    },
    get backlog() {
      return socket.getSendQueueSize()
    },
    send: (bytes) => {
      if (open) {
        socket.send(bytes, (error) => {
          trouble = error ?? trouble
        })
      }
    },
    close: () => {
      if (open) socket.close()
      open = false
    },
  }
}

/** A TCP or TLS connection that is up. Throws what the system, or the certificate, says against it. */
export async function openStream(
  transport: 'tcp' | 'tls',
  { address, port }: Endpoint,
  { local, tls: settings, signal }: LinkOptions,
): Promise<net.Socket> {
  const to = {
    host: address,
    port,
    noDelay: true,
    ...(local?.address !== undefined && { localAddress: local.address }),
    ...(local?.port !== undefined && { localPort: local.port }),
  }
  const socket = transport === 'tcp' ? net.connect(to) : tls.connect({ ...to, ...settings })
  try {
    await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function streamLink(transport: 'tcp' | 'tls', socket: net.Socket, server: Endpoint, events: LinkEvents): Link {
  const reader = new StreamReader()
  let trouble: Error | undefined
  socket.on('data', (bytes) => {
    for (const message of reader.push(bytes)) events.message(message)
    if (reader.broken) socket.destroy(new Error('the server sent what is neither STUN nor ChannelData'))
  })
  socket.on('error', (error) => {
    trouble = error
  })
  socket.on('close', () => events.closed(trouble))
  return {
    transport,
    server,
    local: { address: socket.localAddress ?? '', port: socket.localPort ?? 0 },
    get trouble() {
      return trouble
    },
    get backlog() {
      return socket.writableLength
    },
    send: (bytes) => {
      if (socket.writable) socket.write(bytes)
    },
    close: () => {
      socket.destroySoon()
    },
  }
}
