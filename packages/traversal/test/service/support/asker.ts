import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import {
  type Attached,
  decodeMessage,
  type Endpoint,
  encodeMessage,
  errorCode,
  integrity,
  longTermKey,
  type Message,
  type Method,
  methods,
  nonce,
  realm,
  requestedTransport,
  username,
} from '../../../src/stun/index.ts'

export const REALM = 'example.org'
const RETRY = 500

/** A client that asks a server for what a test tells it to, from a socket of its own. */
export class Asker implements Disposable {
  readonly #socket: Socket
  readonly #server: Endpoint
  readonly #user: string
  readonly #waiting = new Map<string, (message: Message) => void>()
  readonly #data: Uint8Array[] = []
  #heard: (() => void) | undefined
  #nonce = ''

  private constructor(socket: Socket, server: Endpoint, user: string) {
    this.#socket = socket
    this.#server = server
    this.#user = user
    socket.on('message', (bytes) => this.#receive(Uint8Array.from(bytes)))
  }

  static async open(server: Endpoint, user: string): Promise<Asker> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new Asker(socket, server, user)
  }

  /** The answer to an authenticated request; the password is the user's name. */
  async ask(method: Method, ...attributes: readonly Attached[]): Promise<Message> {
    for (;;) {
      const answer = await this.#exchange(method, attributes)
      const code = answer.get(errorCode)?.code
      const given = answer.get(nonce)
      if ((code !== 401 && code !== 438) || given === undefined || given === this.#nonce) return answer
      this.#nonce = given
    }
  }

  /** 0 for success. */
  async codeOf(method: Method, ...attributes: readonly Attached[]): Promise<number> {
    return (await this.ask(method, ...attributes)).get(errorCode)?.code ?? 0
  }

  allocate(...attributes: readonly Attached[]): Promise<Message> {
    return this.ask('allocate', requestedTransport.of(17), ...attributes)
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#server.port, this.#server.address)
  }

  /** Something that is no answer: an indication, or data in a channel. */
  async data(): Promise<Uint8Array> {
    while (this.#data.length === 0) await new Promise<void>((resolve) => (this.#heard = resolve))
    return this.#data.shift()!
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }

  async #exchange(method: Method, attributes: readonly Attached[]): Promise<Message> {
    const transaction = Uint8Array.from(randomBytes(12))
    const header = { class: 'request', method: methods[method], transaction } as const
    const names = [username.of(this.#user), realm.of(REALM), nonce.of(this.#nonce)]
    const key = longTermKey({ username: this.#user, realm: REALM, password: this.#user }, 'md5')
    const known = this.#nonce !== ''
    const bytes = encodeMessage(header, known ? [...attributes, ...names] : attributes, known ? [integrity(key)] : [])
    const answer = new Promise<Message>((resolve) => this.#waiting.set(keyOf(transaction), resolve))
    this.send(bytes)
    const again = setInterval(() => this.send(bytes), RETRY)
    return await answer.finally(() => clearInterval(again))
  }

  #receive(bytes: Uint8Array): void {
    const message = bytes[0]! < 0x40 ? decodeMessage(bytes) : undefined
    const waiting = message && this.#waiting.get(keyOf(message.transaction))
    if (message !== undefined && waiting !== undefined) {
      this.#waiting.delete(keyOf(message.transaction))
      waiting(message)
    } else {
      this.#data.push(bytes)
      this.#heard?.()
    }
  }
}

function keyOf(transaction: Uint8Array): string {
  return Buffer.from(transaction).toString('hex')
}
