import type { UdpRelay, UdpRelays } from '../datapath/index.ts'
import {
  Allocation,
  allocationOfTicket,
  clientKey,
  type Elsewhere,
  identityOf,
  type NotFound,
  type Relay,
  type Request,
  type TurnServer,
  tokenText,
} from '../turn/server/index.ts'
import type { Handed, HandedAllocation, Notice, Wanted } from './messages.ts'

/** Questions under way; more are not asked. */
const MOST = 1024

interface Question {
  /** 5-tuple and transaction: a retransmission is the same question. */
  readonly key: string
  answered(handed: Handed): void
}

/**
 * Threads that share a port share nothing else: the kernel sends a client that moves to any of them. This one asks the
 * thread that the ticket names for the allocation, and goes on with it: sockets are numbers of the whole process.
 */
export class Handoff implements Elsewhere {
  readonly number: number
  readonly #begun = new WeakMap<Allocation, number>()
  readonly #threads: number
  readonly #relays: UdpRelays
  readonly #say: (notice: Notice) => void
  readonly #clock: () => number
  readonly #questions = new Map<number, Question>()
  readonly #asked = new Set<string>()
  #last = 0

  constructor(parts: {
    readonly number: number
    readonly threads: number
    readonly relays: UdpRelays
    readonly say: (notice: Notice) => void
    readonly clock: () => number
  }) {
    this.number = parts.number + 1 // coturn's client takes a ticket for a text, which a zero would end
    this.#threads = parts.threads
    this.#relays = parts.relays
    this.#say = parts.say
    this.#clock = parts.clock
  }

  opened(allocation: Allocation): void {
    this.#begun.set(allocation, this.#clock())
  }

  /** Seconds since an allocation was opened, here or elsewhere. */
  age(allocation: Allocation): number {
    return Math.round((this.#clock() - this.#begunOf(allocation)) / 1000)
  }

  allocation(owner: number, ticket: Uint8Array, request: Request, then: (found: Allocation | NotFound) => void): void {
    const wanted = { kind: 'allocation', ticket: Uint8Array.from(ticket), user: identityOf(request.user) } as const
    const key = `${clientKey(request.client)} ${tokenText(request.message.transaction)}`
    this.#ask(owner, wanted, key, (handed) => {
      if (handed.kind === 'allocation') then(this.#adopt(handed, request))
      else then(handed.kind === 'of somebody else' ? handed.kind : 'unknown')
    })
  }

  reservation(owner: number, token: Uint8Array, then: (found: Relay | undefined) => void): void {
    const wanted = { kind: 'reservation', token: Uint8Array.from(token) } as const
    this.#ask(owner, wanted, `token ${tokenText(token)}`, (handed) => {
      then(handed.kind === 'reservation' ? this.#relays.adopt(handed.relay) : undefined)
    })
  }

  /** Another thread asks for something of ours. */
  give(server: TurnServer, from: number, id: number, wanted: Wanted): void {
    const handed = wanted.kind === 'allocation' ? this.#release(server, wanted) : this.#redeem(server, wanted.token)
    this.#say({ kind: 'handed', to: from, id, handed })
  }

  /** The answer to a question of ours. */
  take(id: number, handed: Handed): void {
    const question = this.#questions.get(id)
    if (question === undefined) return
    this.#questions.delete(id)
    this.#asked.delete(question.key)
    question.answered(handed)
  }

  #ask(owner: number, wanted: Wanted, key: string, answered: (handed: Handed) => void): void {
    if (this.#asked.has(key)) return // the answer to the first one answers this one
    const to = owner - 1
    if (to < 0 || to >= this.#threads || this.#questions.size >= MOST) {
      answered({ kind: 'unknown' })
      return
    }
    this.#last += 1
    this.#questions.set(this.#last, { key, answered })
    this.#asked.add(key)
    this.#say({ kind: 'want', to, id: this.#last, wanted })
  }

  #release(server: TurnServer, { ticket, user }: Extract<Wanted, { kind: 'allocation' }>): Handed {
    const allocation = allocationOfTicket(server, ticket, user)
    if (typeof allocation === 'string') return { kind: allocation }
    server.release(allocation)
    return {
      kind: 'allocation',
      relays: allocation.relays.map((relay) => this.#relays.release(relay)),
      client: allocation.client,
      ticket: allocation.ticket!,
      begun: this.#begunOf(allocation),
      expires: allocation.expires,
      permissions: allocation.permissions,
      channels: [...allocation.channels.values()].map(({ number, peer, expires }) => ({ number, peer, expires })),
    }
  }

  #redeem(server: TurnServer, token: Uint8Array): Handed {
    const relay = server.table.redeem(tokenText(token), this.#clock())
    return relay === undefined ? { kind: 'unknown' } : { kind: 'reservation', relay: this.#relays.release(relay) }
  }

  #adopt(handed: HandedAllocation, { user, key, algorithm, message }: Request): Allocation {
    const { client, expires } = handed
    const relays: readonly UdpRelay[] = handed.relays.map((relay) => this.#relays.adopt(relay))
    const transaction = Uint8Array.from(message.transaction)
    const allocation = new Allocation({ client, user, key, algorithm, relays, expires, transaction })
    for (const relay of relays) this.#relays.assign(relay, allocation)
    for (const [address, until] of handed.permissions) allocation.permissions.set(address, until)
    for (const channel of handed.channels) allocation.restore(channel)
    allocation.ticket = handed.ticket
    this.#begun.set(allocation, handed.begun)
    return allocation
  }

  #begunOf(allocation: Allocation): number {
    return this.#begun.get(allocation) ?? this.#clock()
  }
}
