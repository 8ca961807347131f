import { type NetworkNamespace, UdpBatch } from '@sallyport/linux'
import type { Benchmark, Context } from './harness.ts'
import { takeArrivals } from './support/arrival.ts'
import { flushFlows } from './support/flush.ts'
import { type House, hosts, Internet } from './support/house.ts'
import { apply, applyMasquerade, forget, fullCone } from './support/rulesets.ts'
import { processorTime, type Slice, takingTurns } from './support/turns.ts'

const FLOWS = 16
const BURST = 32 // a receive buffer of the usual size holds several times as many
const FIRST_PORT = 40_000
const FIRST_SERVER_PORT = 7_000
const HOSTS = 4
/** Sockets inside whose ports are opened, in one slice: below the limit of the hosts. */
const NEWCOMERS = 128
const FIRST_NEW_PORT = 50_000

const benchmark: Benchmark = {
  name: 'cone',
  claim: 'full cone forwards at least 0.93 times as many packets as plain masquerade',
  async run(context) {
    using open = new DisposableStack()
    const internet = open.use(new Internet())
    const [ours, theirs] = [await internet.build(), await internet.build()]
    apply(fullCone(), ours.router)
    applyMasquerade(theirs.router)
    const our = new Party(context, ours, internet.namespace, open)
    const their = new Party(context, theirs, internet.namespace, open)
    const compare = (name: string, goal: number, slice: (of: Party) => Slice, pairs: number) =>
      context.compare({ case: name, peer: 'masquerade', goal, ...takingTurns(slice(our), slice(their), { pairs }) })
    return [
      await compare('16 flows, both ways', 0.93, (party) => party.bothWays(FLOWS), 41),
      await compare('1 flow, both ways', 0.93, (party) => party.bothWays(1), 41),
      await compare('new flows of open ports', 0, (party) => party.newFlows(() => flushFlows(party.house.router)), 41),
      await compare('new flows, each opens a port', 0, (party) => party.newPorts(() => forget(party.house.router)), 21),
    ]
  },
}
export default benchmark

/** A socket and what it sends. */
interface End {
  readonly socket: UdpBatch
  readonly burst: Burst
}

/** A host's socket and the server's that it talks to. */
interface Flow {
  readonly number: number
  readonly inside: End
  readonly outside: End
}

type Burst = ReturnType<typeof UdpBatch.prepare>
type Datagram = Parameters<typeof UdpBatch.prepare>[0][number]

/** The hosts of one house, and servers that talk to them. */
class Party {
  readonly house: House
  readonly #context: Context
  readonly #flows: readonly Flow[]
  readonly #toAll: readonly (readonly [UdpBatch, Burst])[]
  readonly #newcomers: readonly (readonly [UdpBatch, Burst])[]

  constructor(context: Context, house: House, internet: NetworkNamespace, open: DisposableStack) {
    this.house = house
    this.#context = context
    this.#flows = numbered(FLOWS).map((number) => openFlow(number, house, internet, open))
    const servers = numbered(FLOWS).map((number) => server(house, number))
    this.#toAll = this.#flows.map(({ inside }) => [inside.socket, UdpBatch.prepare(servers)] as const)
    this.#newcomers = numbered(NEWCOMERS).map((number) => {
      const port = FIRST_NEW_PORT + number
      const socket = open.use(UdpBatch.open({ namespace: house.inside, address: hosts[number % HOSTS], port }))
      return [socket, UdpBatch.prepare([server(house, number % FLOWS)])] as const
    })
  }

  /** Some of the hosts' sockets send, then the servers answer to the port that was the sender's inside. */
  bothWays(count: number): Slice {
    const flows = this.#flows.slice(0, count)
    const way = (from: readonly End[], to: readonly End[]): number => {
      const time = processorTime(() => {
        for (const { socket, burst } of from) socket.send(burst)
      })
      for (const [number, { socket }] of to.entries()) this.#expect([socket], BURST, () => number)
      return time
    }
    const inside = flows.map((flow) => flow.inside)
    const outside = flows.map((flow) => flow.outside)
    const repeat = FLOWS / count // a slice is as long for one flow as for many
    return () => {
      let time = 0
      for (let i = 0; i < repeat; i++) time += way(inside, outside) + way(outside, inside)
      return time / (2 * FLOWS * BURST)
    }
  }

  /** Every host's socket writes to every server. */
  newFlows(forget: () => void): Slice {
    return this.#opening(this.#toAll, FLOWS * FLOWS, forget)
  }

  /** Sockets that have not sent yet write to a server each. */
  newPorts(forget: () => void): Slice {
    return this.#opening(this.#newcomers, NEWCOMERS, forget)
  }

  #opening(shots: readonly (readonly [UdpBatch, Burst])[], packets: number, forget: () => void): Slice {
    const servers = this.#flows.map(({ outside }) => outside.socket)
    return () => {
      forget()
      const time = processorTime(() => {
        for (const [socket, burst] of shots) socket.send(burst)
      })
      this.#expect(servers, packets, (index) => index)
      return time / packets
    }
  }

  /** All packets have come, and each to the flow that it names. */
  #expect(sockets: readonly UdpBatch[], sent: number, flowOf: (socket: number) => number): void {
    let wrong = 0
    const count = takeArrivals(sockets, sent, (socket, payload) => {
      if (payload[0] !== flowOf(socket)) wrong++
    })
    this.#context.check(
      count === sent && wrong === 0,
      `${count} of ${sent} packets arrived, ${wrong} at the wrong place`,
    )
  }
}

function openFlow(number: number, house: House, internet: NetworkNamespace, open: DisposableStack): Flow {
  const port = FIRST_PORT + number
  const there = server(house, number)
  const inside = open.use(UdpBatch.open({ namespace: house.inside, address: hosts[number % HOSTS], port }))
  const outside = open.use(UdpBatch.open({ namespace: internet, ...there.to }))
  const here = { to: { address: house.address, port }, payload: there.payload }
  return { number, inside: { socket: inside, burst: burst(there) }, outside: { socket: outside, burst: burst(here) } }
}

/** A datagram to the nth server, which says so. */
function server(house: House, number: number): Datagram {
  return { to: { address: house.internet, port: FIRST_SERVER_PORT + number }, payload: Uint8Array.of(number) }
}

function burst(datagram: Datagram): Burst {
  return UdpBatch.prepare(numbered(BURST).map(() => datagram))
}

function numbered(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}
