import { PeerFilter } from '../../../src/filter/index.ts'
import {
  Authenticator,
  encodeMessage,
  HEADER_LENGTH,
  integrity,
  methods,
  nonce,
  realm,
  username,
} from '../../../src/stun/index.ts'
import {
  type Client,
  nonceHolder,
  type Opened,
  type Relay,
  type Relays,
  type RelayWish,
  TurnServer,
} from '../../../src/turn/server/index.ts'
import { keyOf } from '../../turn/support/world.ts'
import { withLength } from './mutate.ts'

const REALM = 'example.org'

/** Relays that remember only what is open. */
class CountedRelays implements Relays {
  readonly opened: Set<Relay> = new Set()
  readonly connecting: Set<number> = new Set()
  #port = 0

  open({ family, protocol, even }: RelayWish): Opened {
    const relay = this.#relay(family, protocol)
    return even === 'with next' ? { relay, next: this.#relay(family, protocol) } : { relay }
  }

  close(relay: Relay): void {
    if (!this.opened.delete(relay)) throw new Error('closed twice')
  }

  assign(): void {}
  send(): void {}

  connect(_relay: Relay, _peer: unknown, id: number): void {
    this.connecting.add(id)
  }

  join(): void {}

  disconnect(id: number): void {
    this.connecting.delete(id)
  }

  #relay(family: 4 | 6, protocol: 'udp' | 'tcp'): Relay {
    this.#port = (this.#port + 1) & 0xffff
    const relay = { family, protocol, endpoint: { address: family === 4 ? '9.9.9.9' : '2a00::9', port: this.#port } }
    this.opened.add(relay)
    return relay
  }
}

/** A TURN server that is to be mistreated, with a clock of its own. It keeps nothing of what it says. */
export class Victim {
  now = 1_700_000_000_000
  readonly relays: CountedRelays = new CountedRelays()
  readonly server: TurnServer
  sent = 0
  bytesSent = 0
  silenced = 0
  readonly #key = keyOf('alice')
  #counter = 0

  constructor() {
    const alice = { name: 'alice', key: () => this.#key }
    const users = { byName: (name: string) => (name === 'alice' ? alice : undefined), byHash: () => undefined }
    const options = {
      authenticator: new Authenticator({ realm: REALM, secret: new Uint8Array(32), users }),
      filter: new PeerFilter({ allow: ['192.0.2.0/24', '2001:db8::/32'] }),
      relays: this.relays,
      families: [4, 6],
      random: (length: number) => this.#random(length),
      send: (_client: Client, bytes: Uint8Array) => {
        this.sent += 1
        this.bytesSent += bytes.length
      },
      limits: { perUser: 32, total: 64 },
    } as const
    this.server = new TurnServer(options, {
      silenced: () => {
        this.silenced += 1
      },
    })
  }

  /** The same message with a good identity in front of its attributes, and sealed behind them. */
  sealed(bytes: Uint8Array, client: Client): Uint8Array {
    const identity = [
      username.of('alice'),
      realm.of(REALM),
      nonce.of(this.server.options.authenticator.nonceFor(nonceHolder(client), this.now)),
    ]
    const header = { class: 'request', method: methods.binding, transaction: new Uint8Array(12) } as const
    const inserted = encodeMessage(header, identity).subarray(HEADER_LENGTH)
    const all = Buffer.concat([bytes.subarray(0, HEADER_LENGTH), inserted, bytes.subarray(HEADER_LENGTH)])
    return integrity(this.#key)(withLength(all, all.length - HEADER_LENGTH))
  }

  pass(milliseconds: number): void {
    this.now += milliseconds
    this.server.sweep(this.now)
  }

  #random(length: number): Uint8Array {
    this.#counter += 1
    const out = new Uint8Array(length)
    new DataView(out.buffer).setUint32(0, this.#counter)
    return out
  }
}
