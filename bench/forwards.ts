import { type NetworkNamespace, UdpBatch } from '@sallyport/linux'
import type { Benchmark, Context, Result } from './harness.ts'
import { takeArrivals } from './support/arrival.ts'
import { flushFlows } from './support/flush.ts'
import { type House, hosts, Internet } from './support/house.ts'
import { apply, applyIptables, fullCone } from './support/rulesets.ts'
import { processorTime, type Slice, takingTurns } from './support/turns.ts'

const FEW = 10
const MANY = 10_000
const FIRST_PORT = 20_000
const INSIDE_PORT = 9_000
/** Sockets on the internet. Each opens one connection to each of ten forwards, which is as many as there are at least. */
const SENDERS = 500
const EACH = 10
/** Senders in one slice: few enough for the receive buffers. */
const IN_A_SLICE = 25
const SLICES = SENDERS / IN_A_SLICE

const benchmark: Benchmark = {
  name: 'forwards',
  claim: '10,000 forwards cost less than 3 % against 10, and are more than 20 times faster than in iptables',
  async run(context) {
    using open = new DisposableStack()
    const internet = open.use(new Internet())
    const senders = Array.from({ length: SENDERS }, () => open.use(UdpBatch.open({ namespace: internet.namespace })))
    const few = new Site(await internet.build(), senders, open)
    const many = new Site(await internet.build(), senders, open)
    const iptables = new Site(await internet.build(), senders, open)
    applyOurs(FEW, few.house.router)
    applyOurs(MANY, many.house.router)
    applyTheirs(MANY, iptables.house.router)
    return [
      ...(await againstFew(context, many, few)), // the same packets, to the forwards that both have
      ...(await againstIptables(context, many, iptables)), // evenly to all: the average depth of its list
    ]
  },
}
export default benchmark

/** First packets are what forwards can slow down: rules of nat chains see no others. The rest is for information. */
async function againstFew(context: Context, many: Site, few: Site): Promise<Result[]> {
  const [our, their] = [many.traffic(context, FEW), few.traffic(context, FEW)]
  const peer = '10 forwards'
  const first = { case: '10,000 forwards, first packets', peer, goal: 0.97, ...firstPackets(our, their, 4 * SLICES) }
  const later = { case: '10,000 forwards, later packets', peer, goal: 0, ...laterPackets(our, their) }
  return [await context.compare(first), await context.compare(later)]
}

async function againstIptables(context: Context, many: Site, iptables: Site): Promise<Result[]> {
  const [our, their] = [many.traffic(context, MANY), iptables.traffic(context, MANY)]
  const peer = 'iptables with 10,000 rules'
  const first = { case: '10,000 forwards, first packets', peer, goal: 20, ...firstPackets(our, their, SLICES / 2) }
  const later = { case: '10,000 forwards, later packets', peer, goal: 0, ...laterPackets(our, their) }
  return [await context.compare(first), await context.compare(later)]
}

function firstPackets(our: Traffic, their: Traffic, pairs: number): ReturnType<typeof takingTurns> {
  const before = (pair: number): void => {
    if (pair % SLICES !== 0) return
    our.forget()
    their.forget()
  }
  return takingTurns(our.slice, their.slice, { pairs, before })
}

/** After one pass over all connections, which the warm-up is long enough for. */
function laterPackets(our: Traffic, their: Traffic): ReturnType<typeof takingTurns> {
  return takingTurns(our.slice, their.slice, { pairs: 4 * SLICES })
}

/** The nth forward: from its own external port to one of ten hosts, each with a port of its own. */
const externalPort = (forward: number): number => FIRST_PORT + forward
const hostOf = (forward: number): number => forward % EACH
const insidePort = (forward: number): number => INSIDE_PORT + hostOf(forward)
const target = (forward: number): string => `${hosts[hostOf(forward)]}:${insidePort(forward)}`
const numbered = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

function applyOurs(count: number, router: NetworkNamespace): void {
  apply(fullCone(numbered(count).map((n) => `udp/${externalPort(n)} -> ${target(n)}`)), router)
}

function applyTheirs(count: number, router: NetworkNamespace): void {
  const rules = numbered(count).map((n) => ({ port: externalPort(n), to: target(n) }))
  applyIptables(rules, router)
}

/**
 * Ten forwards in a row, so that each leads to another host: two connections of one socket to the same place inside
 * would make the kernel look for another source port. Evenly over all forwards, in no order: 7919 is a prime.
 */
function tenOf(sender: number, forwards: number): number[] {
  const first = ((sender * 7919) % (forwards / EACH)) * EACH
  return numbered(EACH).map((n) => first + n)
}

/** A house, who sends to it, and who receives there. */
class Site {
  readonly house: House
  readonly #senders: readonly UdpBatch[]
  readonly #receivers: readonly UdpBatch[]

  constructor(house: House, senders: readonly UdpBatch[], open: DisposableStack) {
    this.house = house
    this.#senders = senders
    this.#receivers = numbered(EACH).map((n) =>
      open.use(UdpBatch.open({ namespace: house.inside, address: hosts[n], port: INSIDE_PORT + n })),
    )
  }

  /** Traffic to so many of its forwards. */
  traffic(context: Context, forwards: number): Traffic {
    const shots = this.#senders.map((socket, sender) => {
      const prepared = UdpBatch.prepare(tenOf(sender, forwards).map((forward) => datagram(this.house, forward)))
      return () => void socket.send(prepared)
    })
    return new Traffic(context, this.house.router, shots, this.#receivers)
  }
}

/** Datagrams from all senders in turn, of which each slice sends the next ones. */
class Traffic {
  readonly slice: Slice
  readonly #context: Context
  readonly #router: NetworkNamespace
  readonly #shots: readonly (() => void)[]
  readonly #receivers: readonly UdpBatch[]
  #next = 0

  constructor(
    context: Context,
    router: NetworkNamespace,
    shots: readonly (() => void)[],
    receivers: readonly UdpBatch[],
  ) {
    this.#context = context
    this.#router = router
    this.#shots = shots
    this.#receivers = receivers
    this.slice = () => this.#slice()
  }

  /** Makes every packet the first of its connection again. */
  forget(): void {
    flushFlows(this.#router)
  }

  #slice(): number {
    const shots = this.#shots.slice(this.#next, this.#next + IN_A_SLICE)
    this.#next = (this.#next + IN_A_SLICE) % SENDERS
    const time = processorTime(() => {
      for (const shoot of shots) shoot()
    })
    this.#expect(IN_A_SLICE * EACH)
    return time / (IN_A_SLICE * EACH)
  }

  /** All have arrived, each at the host and port that its forward names. */
  #expect(sent: number): void {
    let wrong = 0
    const count = takeArrivals(this.#receivers, sent, (receiver, payload) => {
      const port = (payload[0]! << 8) | payload[1]!
      if (hostOf(port - FIRST_PORT) !== receiver) wrong++
    })
    this.#context.check(
      count === sent && wrong === 0,
      `${count} of ${sent} packets arrived, ${wrong} at the wrong host`,
    )
  }
}

/** A datagram that says which forward it was sent to. */
function datagram({ address }: House, forward: number): Parameters<typeof UdpBatch.prepare>[0][number] {
  const port = externalPort(forward)
  return { to: { address, port }, payload: Uint8Array.of(port >> 8, port & 0xff) }
}
