import { randomBytes } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import { PeerFilter } from '../../../src/filter/index.ts'
import type { Certificate, StreamLimits, StreamRelay } from '../../../src/streams/index.ts'
import {
  type Attached,
  Authenticator,
  channelNumber,
  decodeMessage,
  type Endpoint,
  encodeMessage,
  integrity,
  longTermKey,
  type Message,
  type Method,
  methods,
  nonce,
  realm,
  requestedTransport,
  StreamReader,
  username,
  xorPeerAddress,
  xorRelayedAddress,
} from '../../../src/stun/index.ts'
import type { Limits } from '../../../src/turn/server/index.ts'
import { selfSigned } from './self-signed.ts'
import { StreamHost, type StreamHostSettings } from './stream-host.ts'

/** A server of streams on the loopback of a sandbox, and clients that say what they are told to. */

const REALM = 'example.org'
const USER = { username: 'alice', realm: REALM, password: 'alice has one' }
const key = longTermKey(USER, 'md5')

export const certificate: Certificate = selfSigned('the first')

export interface StageOptions extends Partial<StreamHostSettings> {
  readonly turn?: Partial<StreamRelay['turn']>
  readonly turnLimits?: Partial<Limits>
  readonly streams?: Partial<StreamLimits>
  readonly bandwidth?: StreamRelay['bandwidth']
  readonly families?: 'both'
}

/** A server on TCP and TLS, where peers on loopback are allowed. */
export function serve(options: StageOptions = {}): Promise<StreamHost> {
  const { turn, turnLimits, streams, bandwidth, families, ...settings } = options
  const user = { name: USER.username, key: (algorithm: 'md5' | 'sha256') => longTermKey(USER, algorithm) }
  const users = { byName: (name: string) => (name === user.name ? user : undefined), byHash: () => undefined }
  return StreamHost.start({
    listen: [
      { transport: 'tcp', address: '127.0.0.1', port: 0 },
      { transport: 'tls', address: '127.0.0.1', port: 0 },
    ],
    certificate,
    relay: {
      turn: {
        authenticator: new Authenticator({ realm: REALM, secret: new Uint8Array(32), nonceLifetime: 3600, users }),
        filter: new PeerFilter({ allow: ['127.0.0.0/8', '::1'] }),
        ...(turnLimits !== undefined && { limits: turnLimits }),
        ...turn,
      },
      addresses: families === 'both' ? [{ address: '127.0.0.1' }, { address: '::1' }] : [{ address: '127.0.0.1' }],
      ports: { min: 50_000, max: 60_000 },
      ...(bandwidth !== undefined && { bandwidth }),
    },
    ...(streams !== undefined && { limits: streams }),
    ...settings,
  })
}

/** Whatever listens for clients. */
export type Listening = Pick<StreamHost, 'addresses'>

export function portOf(server: Listening, transport: 'tcp' | 'tls'): number {
  return server.addresses.find((each) => each.transport === transport)!.port
}

/** A client's connection. */
export class Talker implements AsyncDisposable {
  readonly socket: Socket
  readonly #reader = new StreamReader()
  readonly #frames: Uint8Array[] = []
  readonly #waiting: ((frame: Uint8Array | undefined) => void)[] = []
  #nonce: string | undefined
  #ended = false
  readonly #closed = Promise.withResolvers<void>()

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', this.#take)
    socket.on('error', () => {})
    for (const event of ['end', 'close']) socket.on(event, () => this.#end())
  }

  static async connect(
    server: Listening,
    transport: 'tcp' | 'tls' = 'tcp',
    options: ConnectionOptions = {},
  ): Promise<Talker> {
    const port = portOf(server, transport)
    const host = '127.0.0.1'
    const socket =
      transport === 'tcp'
        ? connect({ host, port, allowHalfOpen: true })
        : connectTls({ host, port, rejectUnauthorized: false, allowHalfOpen: true, ...options } as ConnectionOptions)
    await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect')
    return new Talker(socket)
  }

  /** Asks as alice, with a nonce once there is one; gives the answer. */
  async ask(method: Method, attributes: readonly Attached[] = []): Promise<Message> {
    const answer = await this.#exchange(this.request(method, attributes))
    if (this.#nonce !== undefined || answer.get(nonce) === undefined) return answer
    this.#nonce = answer.get(nonce)
    return this.#exchange(this.request(method, attributes))
  }

  request(method: Method, attributes: readonly Attached[] = []): Uint8Array {
    const header = { class: 'request', method: methods[method], transaction: randomBytes(12) } as const
    if (this.#nonce === undefined) return encodeMessage(header, attributes)
    const identity = [username.of(USER.username), realm.of(REALM), nonce.of(this.#nonce)]
    return encodeMessage(header, [...attributes, ...identity], [integrity(key)])
  }

  indicate(method: Method, attributes: readonly Attached[]): void {
    const header = { class: 'indication', method: methods[method], transaction: randomBytes(12) } as const
    this.socket.write(encodeMessage(header, attributes))
  }

  /** ChannelData, padded as streams want it. */
  channelData(channel: number, text: string | Uint8Array): void {
    this.socket.write(channelData(channel, text))
  }

  async allocate(transport: 'udp' | 'tcp' = 'udp', attributes: readonly Attached[] = []): Promise<Endpoint> {
    const answer = await this.ask('allocate', [requestedTransport.of(transport === 'udp' ? 17 : 6), ...attributes])
    const relayed = answer.get(xorRelayedAddress)
    if (relayed === undefined) throw new Error(`refused: ${answer.bytes}`)
    return relayed
  }

  async permit(peer: Endpoint): Promise<Message> {
    return this.ask('createPermission', [xorPeerAddress.of(peer)])
  }

  async bind(channel: number, peer: Endpoint): Promise<Message> {
    return this.ask('channelBind', [channelNumber.of(channel), xorPeerAddress.of(peer)])
  }

  /** The next message or ChannelData; undefined when the connection ended. */
  async frame(): Promise<Uint8Array | undefined> {
    const frame = this.#frames.shift()
    if (frame !== undefined || this.#ended) return frame
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async message(): Promise<Message> {
    const frame = await this.frame()
    const message = frame && decodeMessage(frame)
    if (message === undefined) throw new Error('no message came')
    return message
  }

  /** From here on the connection carries a peer's bytes. */
  raw(): Socket {
    this.socket.off('data', this.#take)
    this.socket.pause()
    const rest = this.#reader.rest()
    if (rest.length > 0) this.socket.unshift(rest)
    return this.socket
  }

  /** Resolves when the server has closed it. */
  async closed(): Promise<void> {
    await this.#closed.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.closed()
  }

  #end(): void {
    this.#ended = true
    this.#closed.resolve()
    for (const resolve of this.#waiting.splice(0)) resolve(undefined)
  }

  readonly #take = (bytes: Buffer): void => {
    for (const frame of this.#reader.push(bytes)) {
      const waiting = this.#waiting.shift()
      if (waiting !== undefined) waiting(frame)
      else this.#frames.push(frame)
    }
  }

  async #exchange(request: Uint8Array): Promise<Message> {
    this.socket.write(request)
    return this.message()
  }
}

export function channelData(channel: number, text: string | Uint8Array): Buffer {
  const payload = Buffer.from(text)
  const bytes = Buffer.alloc(4 + Math.ceil(payload.length / 4) * 4)
  bytes.writeUInt16BE(channel)
  bytes.writeUInt16BE(payload.length, 2)
  payload.copy(bytes, 4)
  return bytes
}

/** The text in ChannelData, with its number. */
export function readChannelData(frame: Uint8Array | undefined): [number, string] {
  const bytes = Buffer.from(frame ?? [])
  return [bytes.readUInt16BE(), bytes.subarray(4).toString()]
}

/** A UDP peer. */
export class Peer implements Disposable {
  readonly socket: UdpSocket
  readonly endpoint: Endpoint
  readonly #got: { text: string; from: Endpoint }[] = []
  readonly #waiting: ((got: { text: string; from: Endpoint }) => void)[] = []

  private constructor(socket: UdpSocket) {
    this.socket = socket
    const { address, port } = socket.address()
    this.endpoint = { address, port }
    socket.on('message', (bytes, { address, port }) => {
      const got = { text: bytes.toString(), from: { address, port } }
      const waiting = this.#waiting.shift()
      if (waiting !== undefined) waiting(got)
      else this.#got.push(got)
    })
  }

  static async open(address = '127.0.0.1'): Promise<Peer> {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, address)
    await once(socket, 'listening')
    return new Peer(socket)
  }

  async receive(): Promise<{ text: string; from: Endpoint }> {
    return this.#got.shift() ?? new Promise((resolve) => this.#waiting.push(resolve))
  }

  send(text: string | Uint8Array, to: Endpoint): void {
    this.socket.send(text, to.port, to.address)
  }

  [Symbol.dispose](): void {
    this.socket.close()
  }
}
