import { Lab } from '../lab.ts'
import type { NatOptions } from '../nat/index.ts'
import type { LabNode } from '../node.ts'
import type { LabRouter } from '../router.ts'
import { type Explanation, explain } from './explain.ts'
import { type PunchOptions, type PunchResult, punch } from './punch.ts'
import { openRendezvous, type Rendezvous } from './rendezvous.ts'
import { flowsOf, PunchWatch } from './watch.ts'
import { waysOf } from './way.ts'

/** How one attempt in a {@link PairLab} goes. */
export interface Attempt {
  readonly stagger: number
  readonly first: 'a' | 'b'
  readonly protocol?: 'udp' | 'tcp'
  readonly probes?: number | undefined
  readonly interval?: number | undefined
  /** Local ports of hosts whose NAT serves no other one. */
  readonly ports?: PunchOptions['ports']
}

/** An attempt, and what is known about it while the NATs still remember it. */
export interface Attempted {
  readonly result: PunchResult
  explain(): Explanation
}

/** An internet for one pair of NATs: host `a` behind router `home-a`, `b` behind `home-b`, and a rendezvous. */
export class PairLab implements AsyncDisposable {
  readonly #lab: Lab
  readonly #houses: Readonly<Record<'a' | 'b', House>>
  readonly #rendezvous: Rendezvous
  readonly #watch: PunchWatch
  #port = firstPort

  private constructor(lab: Lab, houses: Readonly<Record<'a' | 'b', House>>, rendezvous: Rendezvous) {
    this.#lab = lab
    this.#houses = houses
    this.#rendezvous = rendezvous
    this.#watch = new PunchWatch({ a: houses.a.router, b: houses.b.router })
  }

  /** @param delay milliseconds that a packet takes from one router to the other; default 0: links without any */
  static async open(a: NatOptions, b: NatOptions, delay = 0): Promise<PairLab> {
    const lab = await Lab.create()
    try {
      const [one, two] = [lab.server('rendezvous-1'), lab.server('rendezvous-2')]
      const houses = { a: house(lab, 'a', a, delay / 2), b: house(lab, 'b', b, delay / 2) }
      await lab.ready()
      return new PairLab(lab, houses, await openRendezvous(one, two))
    } catch (error) {
      await lab[Symbol.asyncDispose]()
      throw error
    }
  }

  /** One attempt, from ports that were never used if it may be, through NATs that have forgotten everything. */
  async attempt({ stagger, first, protocol = 'udp', probes, interval, ports }: Attempt): Promise<Attempted> {
    const { a, b } = this.#houses
    await Promise.all([a.router.flush(), b.router.flush()])
    this.#watch.take()
    const result = await punch({
      a: a.host,
      b: b.host,
      rendezvous: this.#rendezvous,
      protocol,
      stagger,
      first,
      port: this.#nextPort(),
      ...(ports !== undefined && { ports }),
      ...(probes !== undefined && { probes }),
      ...(interval !== undefined && { interval }),
    })
    return { result, explain: () => this.#explain(result, protocol) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch[Symbol.dispose]()
    await this.#rendezvous[Symbol.asyncDispose]()
    await this.#lab[Symbol.asyncDispose]()
  }

  #explain(result: PunchResult, protocol: 'udp' | 'tcp'): Explanation {
    const [a, b] = [this.#houses.a.router, this.#houses.b.router]
    const ways = waysOf(this.#watch.take(), result.token, { a: result.a.local, b: result.b.local })
    return explain({
      result,
      ways,
      flows: { a: flowsOf(a, protocol), b: flowsOf(b, protocol) },
      routers: { a: a.name, b: b.name },
    })
  }

  #nextPort(): number {
    this.#port = this.#port === lastPort ? firstPort : this.#port + 1
    return this.#port
  }
}

/** Ports of hosts: none that a kernel gives away by itself (net.ipv4.ip_local_port_range begins at 32768). */
const firstPort = 10_000
const lastPort = 30_000

interface House {
  readonly router: LabRouter
  readonly host: LabNode
}

function house(lab: Lab, name: 'a' | 'b', nat: NatOptions, delay: number): House {
  const router = lab.router(`home-${name}`, { nat, ...(delay > 0 && { uplink: { delay } }) })
  return { router, host: router.host(name) }
}
