import type { AnswerCells, Bandwidth, CounterCells, UdpLoop, UdpRelays } from '../datapath/index.ts'
import { PeerFilter } from '../filter/index.ts'
import { Authenticator, type ReplyBudget } from '../stun/index.ts'
import { type TurnEvents, TurnServer } from '../turn/server/index.ts'
import { about, carried, isChallenge, refusalName } from './about.ts'
import type { Handoff } from './handoff.ts'
import type { Command, Notice } from './messages.ts'
import { SharedQuota } from './quota.ts'
import { RefusalCounter } from './refusals.ts'
import type { Policy, RelaySettings } from './thread-settings.ts'
import { Users } from './users.ts'

interface TurnThreadParts {
  readonly relay: RelaySettings
  readonly relays: UdpRelays
  readonly bandwidth: Bandwidth
  readonly handoff: Handoff
  readonly counters: CounterCells
  readonly answers: AnswerCells
  /** Memory of {@link SharedQuota}. */
  readonly quota: SharedArrayBuffer
  /** The same, of ports that are kept. */
  readonly kept: SharedArrayBuffer
  readonly budget: ReplyBudget
  readonly say: (notice: Notice) => void
  readonly random: (bytes: number) => Uint8Array
}

/** The relay of one thread: a TURN server between its loop and the rest of the program. */
export class TurnThread {
  readonly server: TurnServer
  readonly relays: UdpRelays
  readonly #parts: TurnThreadParts
  readonly #refusals = new RefusalCounter()
  #loop: UdpLoop | undefined

  constructor(parts: TurnThreadParts) {
    const { relay, relays, random, handoff } = parts
    this.#parts = parts
    this.relays = relays
    const users = new Users({ realm: relay.realm, ...relay.policy })
    const { realm, nonceSecret: secret, nonceLifetime, software } = relay
    this.server = new TurnServer(
      {
        authenticator: new Authenticator({ realm, users, secret, nonceLifetime }),
        filter: new PeerFilter(relay.policy.filter),
        relays,
        random,
        send: (client, message) => this.#loop?.send(client, message),
        families: [...new Set(relay.addresses.map(({ address }) => (address.includes(':') ? 6 : 4)))],
        limits: relay.policy.limits,
        quota: new SharedQuota(parts.quota),
        kept: new SharedQuota(parts.kept),
        budget: parts.budget,
        elsewhere: handoff,
        tcpRelay: false, // for clients of UDP there is none (RFC 6062 section 4.1)
        ...(software !== undefined && { software }),
      },
      this.#events(),
    )
  }

  /** The loop that its messages go out by. */
  attach(loop: UdpLoop): void {
    this.#loop = loop
  }

  obey(command: Command): void {
    const { handoff, bandwidth } = this.#parts
    if (command.kind === 'policy') {
      this.server.change(this.#changed(command.policy))
      bandwidth.limits = command.policy.bandwidth ?? bandwidth.limits
    } else if (command.kind === 'drain') this.server.draining = true
    else if (command.kind === 'want') handoff.give(this.server, command.from, command.id, command.wanted)
    else if (command.kind === 'handed') handoff.take(command.id, command.handed)
  }

  /** About once a second. */
  tick(): void {
    for (const refused of this.#refusals.take()) this.#parts.say({ kind: 'refused', ...refused })
  }

  #changed(policy: Policy): Parameters<TurnServer['change']>[0] {
    const { realm } = this.#parts.relay
    return { users: new Users({ realm, ...policy }), filter: new PeerFilter(policy.filter), limits: policy.limits }
  }

  #events(): TurnEvents {
    const { counters, answers, handoff, say } = this.#parts
    return {
      silenced: () => counters.add('droppedOverBudget'),
      opened: (allocation) => {
        counters.add('allocationsOpened')
        handoff.opened(allocation)
        this.#loop?.opened(allocation)
        say({ kind: 'opened', ...about(allocation) })
      },
      closed: (allocation, reason) => {
        if (reason === 'expired') counters.add('allocationsExpired')
        this.#loop?.closed(allocation)
        say({ kind: 'closed', ...about(allocation), reason, seconds: handoff.age(allocation), ...carried(allocation) })
      },
      released: (allocation) => this.#loop?.closed(allocation),
      moved: (allocation, before) => {
        this.#loop?.moved(allocation, before)
        say({ kind: 'moved', ...about(allocation), before })
      },
      answered: (method, code) => answers.add(method, code),
      refused: (code, client, message) => {
        if (isChallenge(code, message)) return
        counters.add(refusalName(code))
        this.#refusals.add(code, client)
      },
    }
  }
}
