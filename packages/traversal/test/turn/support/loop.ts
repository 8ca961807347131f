import { randomBytes } from 'node:crypto'
import {
  DatagramReceiver,
  Epoll,
  openUdp,
  portOfDescriptor,
  sendDatagram,
  socketAddress,
  Wakeup,
} from '@sallyport/linux'
import { CounterCells, type Counters, RelayPorts, UdpLoop, UdpRelays } from '../../../src/datapath/index.ts'
import { PeerFilter } from '../../../src/filter/index.ts'
import {
  type Attached,
  Authenticator,
  decodeMessage,
  encodeMessage,
  integrity,
  type Message,
  type Method,
  methods,
  nonce,
  ReplyBudget,
  type ReplyBudgetOptions,
  realm,
  username,
} from '../../../src/stun/index.ts'
import { TurnServer } from '../../../src/turn/server/index.ts'
import { keyOf } from './world.ts'

const REALM = 'example.org'

/** What a script does when it waits for the loop to come round. */
export type Script = (client: LoopClient) => Generator<void, void, void>

/** A client with a socket, in the thread of the loop. */
export class LoopClient {
  readonly address: string
  readonly #fd: number
  readonly #to: Uint8Array
  readonly #authenticator: Authenticator
  readonly #receiver = new DatagramReceiver({ slots: 16 })

  constructor(address: string, server: number, authenticator: Authenticator) {
    this.address = address
    this.#fd = openUdp({ address })
    this.#to = socketAddress(address, server)
    this.#authenticator = authenticator
  }

  ask(method: Method, attributes: readonly Attached[]): void {
    const from = { address: this.address, port: portOfDescriptor(this.#fd) }
    const identity = [username.of('alice'), realm.of(REALM), nonce.of(this.#authenticator.nonceFor(from, Date.now()))]
    const header = { class: 'request', method: methods[method], transaction: randomBytes(12) } as const
    this.send(encodeMessage(header, [...attributes, ...identity], [integrity(keyOf('alice'))]))
  }

  indicate(method: Method, attributes: readonly Attached[]): void {
    this.send(encodeMessage({ class: 'indication', method: methods[method], transaction: randomBytes(12) }, attributes))
  }

  send(bytes: Uint8Array): void {
    sendDatagram(this.#fd, bytes, this.#to)
  }

  /** What has come since the last time. */
  received(): Message[] {
    const count = this.#receiver.receive(this.#fd)
    return Array.from({ length: count }, (_, slot) => {
      const at = this.#receiver.payload(slot)
      return decodeMessage(this.#receiver.bytes.slice(at, at + this.#receiver.length(slot)))!
    })
  }
}

/** Runs a loop with a TURN server on `address` in this thread, and a script between its rounds; gives the counters. */
export function runLoop(address: string, script: Script, budget?: ReplyBudgetOptions): Counters {
  const fd = openUdp({ address })
  const local = { address, port: portOfDescriptor(fd) }
  const counters = new CounterCells()
  const epoll = new Epoll()
  const wakeup = new Wakeup()
  const key = keyOf('alice')
  const alice = { name: 'alice', key: () => key }
  const users = { byName: () => alice, byHash: () => alice }
  const authenticator = new Authenticator({ realm: REALM, secret: randomBytes(32), users })
  const ports = new RelayPorts({ min: 49_152, max: 65_535 }, Math.random)
  const clock = Date.now
  const relays = new UdpRelays({ epoll, ports, addresses: [{ address }], counters, clock, firstTicket: 2 })
  const server = new TurnServer(
    {
      authenticator,
      relays,
      filter: new PeerFilter({ allow: ['127.0.0.0/8', '::1'] }),
      random: randomBytes,
      families: [address.includes(':') ? 6 : 4],
      send: (client, message) => loop.send(client, message),
      ...(budget !== undefined && { budget: new ReplyBudget(budget) }),
    },
    {
      opened: (allocation) => loop.opened(allocation),
      closed: (allocation) => loop.closed(allocation),
    },
  )
  const steps = script(new LoopClient(address, local.port, authenticator))
  const awake = (): boolean => {
    Wakeup.clear(wakeup.fd)
    if (steps.next().done) return false
    wakeup.signal()
    return true
  }
  const outside = { wakeup: wakeup.fd, awake }
  const loop: UdpLoop = new UdpLoop({ epoll, listeners: [{ fd, local }], server, relays, counters, outside, clock })
  wakeup.signal()
  loop.run()
  return counters.read()
}
