import { PeerFilter } from '../../../src/filter/index.ts'
import {
  type Attached,
  Authenticator,
  decodeMessage,
  encodeMessage,
  integrity,
  nonce,
  realm,
  username,
} from '../../../src/stun/index.ts'
import { type Client, type Relay, TurnServer } from '../../../src/turn/server/index.ts'
import { keyOf } from './world.ts'

const REALM = 'example.org'

/** A server for any number of clients, which remembers nothing of what it said to them. */
export class Lodging {
  now = 1_700_000_000_000
  refused = 0
  readonly open: Set<Relay> = new Set()
  readonly server: TurnServer
  readonly #key = keyOf('alice')
  #count = 0

  constructor(total: number) {
    const alice = { name: 'alice', key: () => this.#key }
    const users = { byName: () => alice, byHash: () => alice }
    this.server = new TurnServer(
      {
        authenticator: new Authenticator({ realm: REALM, secret: new Uint8Array(32), users }),
        filter: new PeerFilter({ allow: ['192.0.2.0/24'] }),
        families: [4],
        limits: { perUser: total, total },
        random: (length) => new Uint8Array(length),
        send: () => {},
        relays: {
          open: () => this.#open(),
          close: (relay) => this.open.delete(relay),
          assign: () => {},
          send: () => {},
          connect: () => {},
          join: () => {},
          disconnect: () => {},
        },
      },
      {
        refused: () => {
          this.refused += 1
        },
      },
    )
  }

  /** Asks as the client of that number. */
  ask(index: number, method: number, attributes: readonly Attached[]): void {
    const remote = { address: `198.51.${index >> 8}.${index & 255}`, port: 5000 }
    const client: Client = { transport: 'udp', remote, local: { address: '9.9.9.9', port: 3478 } }
    const challenge = this.server.options.authenticator.nonceFor(remote, this.now)
    const identity = [username.of('alice'), realm.of(REALM), nonce.of(challenge)]
    const transaction = new Uint8Array(12)
    this.#count += 1
    new DataView(transaction.buffer).setUint32(0, this.#count)
    const bytes = encodeMessage(
      { class: 'request', method, transaction },
      [...attributes, ...identity],
      [integrity(this.#key)],
    )
    this.server.receive(decodeMessage(bytes)!, client, this.now)
  }

  /** Lets seconds pass. */
  pass(seconds: number): void {
    this.now += seconds * 1000
    this.server.sweep(this.now)
  }

  #open(): { relay: Relay } {
    const relay = { family: 4, protocol: 'udp', endpoint: { address: '9.9.9.9', port: this.open.size } } as const
    this.open.add(relay)
    return { relay }
  }
}
