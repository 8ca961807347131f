import type { AnswerCells, CounterCells } from '../datapath/index.ts'
import { Bandwidth, unlimited } from '../datapath/index.ts'
import { PeerFilter } from '../filter/index.ts'
import { type StreamRelay, StreamServer, type TlsSide } from '../streams/index.ts'
import { Authenticator } from '../stun/index.ts'
import type { Allocation, TurnEvents } from '../turn/server/index.ts'
import { about, carried, isChallenge, nameOf, refusalName } from './about.ts'
import { answerBinding } from './binding.ts'
import type { Notice, Order } from './messages.ts'
import { SharedQuota } from './quota.ts'
import { RefusalCounter } from './refusals.ts'
import type { Policy, RelaySettings, StreamThreadSettings } from './thread-settings.ts'
import { Users } from './users.ts'

interface StreamServiceParts {
  readonly settings: Pick<StreamThreadSettings, 'listeners' | 'relay' | 'shared'>
  readonly counters: CounterCells
  readonly answers: AnswerCells
  readonly say: (notice: Notice) => void
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
}

/** The server of streams between its thread and the rest of the program. */
export class StreamService {
  readonly server: StreamServer
  readonly #parts: StreamServiceParts
  readonly #bandwidth: Bandwidth
  readonly #refusals = new RefusalCounter()
  readonly #begun = new WeakMap<Allocation, number>()

  constructor(parts: StreamServiceParts) {
    const { settings, counters, answers, clock, random } = parts
    const { listeners, relay, shared } = settings
    this.#parts = parts
    this.#bandwidth = new Bandwidth(shared.rates, relay?.policy.bandwidth ?? unlimited)
    this.server = new StreamServer({
      listeners,
      tls: this.#tls(),
      relay: relay && this.#relay(relay),
      stun: (message, client) => answerBinding(message, client, answers),
      limits: relay?.policy.clients ?? {},
      counters,
      clock,
      random,
    })
  }

  obey(order: Order): void {
    if (order.kind === 'policy') this.#change(order.policy)
    else this.server.drain()
  }

  /** About once a second. */
  tick(): void {
    for (const refused of this.#refusals.take()) this.#parts.say({ kind: 'refused', ...refused })
  }

  #tls(): TlsSide {
    const { say } = this.#parts
    return {
      secure: (id, socket, inside) => say({ kind: 'secure', id, socket, inside }),
      leave: (id) => say({ kind: 'leave', id }),
    }
  }

  #change(policy: Policy): void {
    const { relay } = this.#parts.settings
    if (relay === undefined) return
    const users = new Users({ realm: relay.realm, ...policy })
    this.server.change({ users, filter: new PeerFilter(policy.filter), limits: policy.limits })
    this.server.admit(policy.clients ?? {})
    this.#bandwidth.limits = policy.bandwidth ?? this.#bandwidth.limits
  }

  #relay(settings: RelaySettings): StreamRelay {
    const { realm, nonceSecret: secret, nonceLifetime, software, tcpRelay, policy, addresses, ports } = settings
    const users = new Users({ realm, ...policy })
    return {
      turn: {
        authenticator: new Authenticator({ realm, users, secret, nonceLifetime }),
        filter: new PeerFilter(policy.filter),
        limits: policy.limits,
        quota: new SharedQuota(this.#parts.settings.shared.quota),
        kept: new SharedQuota(this.#parts.settings.shared.kept),
        ...(tcpRelay !== undefined && { tcpRelay }),
        ...(software !== undefined && { software }),
      },
      addresses,
      ports,
      bandwidth: this.#bandwidth,
      events: this.#events(),
    }
  }

  #events(): TurnEvents {
    const { say, clock, answers, counters } = this.#parts
    return {
      opened: (allocation) => {
        this.#begun.set(allocation, clock())
        say({ kind: 'opened', ...about(allocation) })
      },
      closed: (allocation, reason) => {
        const seconds = Math.round((clock() - (this.#begun.get(allocation) ?? clock())) / 1000)
        say({ kind: 'closed', ...about(allocation), reason, seconds, ...carried(allocation) })
      },
      moved: (allocation, before) => say({ kind: 'moved', ...about(allocation), before: nameOf(before) }),
      answered: (method, code) => answers.add(method, code),
      refused: (code, client, message) => {
        if (isChallenge(code, message)) return
        counters.add(refusalName(code))
        this.#refusals.add(code, nameOf(client))
      },
    }
  }
}
