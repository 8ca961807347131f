import { PeerFilter, type PeerFilterOptions } from '../../../src/filter/index.ts'
import {
  type Attached,
  Authenticator,
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
  type User,
  type UserStore,
  userHash,
  username,
} from '../../../src/stun/index.ts'
import {
  type Allocation,
  type Client,
  nonceHolder,
  type Opened,
  type Relay,
  type Relays,
  type RelayWish,
  TurnServer,
  type TurnServerOptions,
} from '../../../src/turn/server/index.ts'

/** A TURN server with a clock of its own, relays that are lists, and clients that say what they are told to. */

export const alice: Client = {
  transport: 'udp',
  remote: { address: '198.51.100.7', port: 5000 },
  local: { address: '203.0.113.1', port: 3478 },
}
export const bob: Client = { ...alice, remote: { address: '198.51.100.8', port: 6000 } }
export const overTcp: Client = { ...alice, transport: 'tcp' }

const REALM = 'example.org'

export class FakeRelays implements Relays {
  readonly open_: Set<Relay> = new Set()
  readonly sent: { relay: Relay; peer: Endpoint; text: string; dontFragment: boolean }[] = []
  readonly connecting: { relay: Relay; peer: Endpoint; id: number }[] = []
  readonly joined: number[] = []
  readonly disconnected: number[] = []
  readonly owners: Map<Relay, Allocation> = new Map()
  full = false
  #port = 50_000

  open({ family, protocol, even }: RelayWish): Opened {
    if (this.full) return { failed: 'no port' }
    if (even !== undefined && this.#port % 2 === 1) this.#port += 1
    const relay = this.#relay(family, protocol)
    return even === 'with next' ? { relay, next: this.#relay(family, protocol) } : { relay }
  }

  close(relay: Relay): void {
    this.open_.delete(relay)
  }

  assign(relay: Relay, allocation: Allocation): void {
    this.owners.set(relay, allocation)
  }

  send(relay: Relay, peer: Endpoint, payload: Uint8Array, dontFragment: boolean): void {
    this.sent.push({ relay, peer, text: Buffer.from(payload).toString(), dontFragment })
  }

  connect(relay: Relay, peer: Endpoint, id: number): void {
    this.connecting.push({ relay, peer, id })
  }

  join(id: number): void {
    this.joined.push(id)
  }

  disconnect(id: number): void {
    this.disconnected.push(id)
  }

  #relay(family: 4 | 6, protocol: 'udp' | 'tcp'): Relay {
    const address = family === 4 ? '203.0.113.1' : '2001:db8::1'
    const relay = { family, protocol, endpoint: { address, port: this.#port } }
    this.#port += 1
    this.open_.add(relay)
    return relay
  }
}

export interface WorldOptions extends Partial<Omit<TurnServerOptions, 'authenticator' | 'filter' | 'relays'>> {
  readonly filter?: PeerFilterOptions
  readonly nonceLifetime?: number
  /** Default: alice and mallory. */
  readonly users?: UserStore
}

export class World {
  now = 1_700_000_000_000
  readonly relays: FakeRelays = new FakeRelays()
  readonly received: { client: Client; message: Message }[] = []
  readonly server: TurnServer
  #transactions = 0

  constructor({ filter = {}, nonceLifetime = 3600, users = people(), ...options }: WorldOptions = {}) {
    const authenticator = new Authenticator({ realm: REALM, secret: new Uint8Array(32), nonceLifetime, users })
    let random = 0
    this.server = new TurnServer({
      families: [4, 6],
      authenticator,
      // Documentation addresses are the internet of these tests.
      filter: new PeerFilter({ allow: ['192.0.2.0/24', '198.51.100.0/24', '2001:db8::/32'], ...filter }),
      relays: this.relays,
      random: (length) => {
        random += 1
        return Uint8Array.from({ length }, (_, index) => (random >> (8 * (index % 4))) & 0xff)
      },
      send: (client, bytes) => this.received.push({ client, message: decoded(bytes) }),
      ...options,
    })
  }

  /** Asks as `alice` with a good nonce; gives what came back to that client, undefined for nothing. */
  ask(method: Method, attributes: readonly Attached[] = [], options: Asking = {}): Message | undefined {
    const { from = alice, as = 'alice', transaction = this.transaction(), connection } = options
    const header = { class: 'request', method: methods[method], transaction } as const
    const identity = [username.of(as), realm.of(REALM), nonce.of(options.nonce ?? this.nonce(from))]
    const bytes = encodeMessage(header, [...attributes, ...identity], [integrity(keyOf(as))])
    return this.deliver(bytes, from, connection)
  }

  deliver(bytes: Uint8Array, from: Client, connection?: unknown): Message | undefined {
    const before = this.received.length
    this.server.receive(decoded(bytes), from, this.now, connection)
    return this.received.slice(before).find(({ client }) => client === from)?.message
  }

  indicate(method: Method, attributes: readonly Attached[], from: Client = alice): void {
    const header = { class: 'indication', method: methods[method], transaction: this.transaction() } as const
    this.server.receive(decoded(encodeMessage(header, attributes)), from, this.now)
  }

  nonce(from: Client): string {
    return this.server.options.authenticator.nonceFor(nonceHolder(from), this.now)
  }

  transaction(): Uint8Array {
    this.#transactions += 1
    return Uint8Array.from({ length: 12 }, (_, index) =>
      index === 11 ? this.#transactions & 0xff : this.#transactions >> 8,
    )
  }

  /** Lets time pass, with a sweep each second as a program would. Seconds. */
  pass(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1000
      this.server.sweep(this.now)
    }
  }
}

export interface Asking {
  readonly from?: Client
  readonly as?: string
  readonly nonce?: string
  readonly transaction?: Uint8Array
  readonly connection?: unknown
}

export function decoded(bytes: Uint8Array): Message {
  const message = decodeMessage(bytes)
  if (message === undefined) throw new Error('no STUN message')
  return message
}

function people(): UserStore {
  const users = ['alice', 'mallory'].map(user)
  const hashOf = ({ name }: User): Buffer => Buffer.from(userHash({ username: name, realm: REALM }))
  return {
    byName: (name) => users.find((each) => each.name === name),
    byHash: (hash) => users.find((each) => hashOf(each).equals(Buffer.from(hash))),
  }
}

function user(name: string): User {
  return { name, key: (algorithm) => longTermKey({ username: name, realm: REALM, password: `${name}'s` }, algorithm) }
}

export function keyOf(name: string): Uint8Array {
  return longTermKey({ username: name, realm: REALM, password: `${name}'s` }, 'md5')
}
