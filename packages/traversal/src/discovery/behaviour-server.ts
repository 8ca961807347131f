import type { Socket } from 'node:dgram'
import { type SocketOptions, udpSocket } from '@sallyport/linux'
import { type BehaviourOptions, BehaviourResponder, type Endpoint } from '../stun/index.ts'

export interface BehaviourServerOptions extends BehaviourOptions {
  /** Where the sockets live; default: the namespace of the calling thread. */
  readonly namespace?: SocketOptions['namespace']
}

/** Datagrams since the start. */
export interface BehaviourCounts {
  readonly received: number
  /** No request, malformed, or over the budget: without an answer. */
  readonly dropped: number
}

/**
 * A STUN server on ordinary sockets of this process that lets clients find out about their NATs (RFC 5780): on two
 * addresses with two ports each. On fewer it answers Binding requests and promises no more.
 */
export class BehaviourServer implements AsyncDisposable {
  readonly #responder: BehaviourResponder
  readonly #sockets: Socket[] = []
  #received = 0
  #dropped = 0

  private constructor(options: BehaviourServerOptions) {
    this.#responder = new BehaviourResponder(options)
  }

  /** Resolves when it answers. Rejects with SystemError: an address that is not here, or a port that is taken. */
  static async start(options: BehaviourServerOptions): Promise<BehaviourServer> {
    const server = new BehaviourServer(options)
    try {
      for (const endpoint of server.endpoints) await server.#listen(endpoint, options.namespace)
      return server
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Where it listens. */
  get endpoints(): readonly Endpoint[] {
    return this.#responder.endpoints
  }

  get counts(): BehaviourCounts {
    return { received: this.#received, dropped: this.#dropped }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.#sockets.splice(0)
    await Promise.all(open.map((socket) => new Promise<void>((done) => socket.close(done))))
  }

  async #listen(endpoint: Endpoint, namespace: SocketOptions['namespace']): Promise<void> {
    const socket = await udpSocket({ ...endpoint, namespace })
    const at = this.#sockets.push(socket) - 1
    socket.on('message', (datagram, from) => this.#answer(datagram, at, from))
    socket.on('error', () => {}) // what an answer met on its way is the client's to notice
  }

  #answer(datagram: Uint8Array, at: number, { address, port }: Endpoint): void {
    this.#received += 1
    const answer = this.#responder.answer(datagram, at, { address, port }, performance.now())
    if (answer === undefined) this.#dropped += 1
    else this.#sockets[answer.via]?.send(answer.bytes, answer.to.port, answer.to.address, () => {})
  }
}
