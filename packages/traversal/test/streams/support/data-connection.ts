import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { connectionId, type Endpoint, type Message, methods, xorPeerAddress } from '../../../src/stun/index.ts'
import { Talker } from './stage.ts'
import type { StreamHost } from './stream-host.ts'

/** A TCP peer that listens. */
export class TcpPeer implements AsyncDisposable {
  readonly endpoint: Endpoint
  readonly #server: Server
  readonly #sockets: Socket[] = []

  private constructor(server: Server) {
    this.#server = server
    const { address, port } = server.address() as Endpoint
    this.endpoint = { address, port }
    server.on('connection', (socket) => {
      this.#sockets.push(socket)
      socket.on('error', () => {})
    })
  }

  static async open(): Promise<TcpPeer> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TcpPeer(server)
  }

  /** The next connection. */
  async accept(): Promise<Socket> {
    return this.#sockets[0] ?? (await once(this.#server, 'connection'))[0]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Asks for a connection to a peer. */
export async function connectTo(control: Talker, peer: Endpoint): Promise<Message> {
  return control.ask('connect', [xorPeerAddress.of(peer)])
}

/** The number that a ConnectionAttempt tells, and whose it is. */
export async function attempt(control: Talker): Promise<{ id: number; peer: Endpoint }> {
  const indication = await control.message()
  if (indication.method !== methods.connectionAttempt) throw new Error(`not an attempt: ${indication.method}`)
  return { id: indication.get(connectionId)!, peer: indication.get(xorPeerAddress)! }
}

/** Binds a connection of its own to a number. */
export async function bindData(server: StreamHost, id: number, transport: 'tcp' | 'tls' = 'tcp'): Promise<Talker> {
  const talker = await Talker.connect(server, transport)
  const answer = await talker.ask('connectionBind', [connectionId.of(id)])
  if (answer.class !== 'success') throw new Error(`not bound: ${answer.bytes}`)
  return talker
}

/** All that comes until the other side has ended. */
export async function textOf(socket: Socket): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of socket.iterator({ destroyOnReturn: false })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
