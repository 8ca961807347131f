import { AnswerCells, Bandwidth, CounterCells, type Counters, unlimited } from '../datapath/index.ts'
import { PeerFilter } from '../filter/index.ts'
import { type StreamAddress, type StreamRelay, StreamServer } from '../streams/index.ts'
import { Authenticator, type Endpoint } from '../stun/index.ts'
import type { Allocation, TurnEvents } from '../turn/server/index.ts'
import { about, carried, isChallenge, refusalName } from './about.ts'
import { answerBinding } from './binding.ts'
import type { Command } from './messages.ts'
import type { Hear, Part } from './part.ts'
import { SharedQuota } from './quota.ts'
import { RefusalCounter } from './refusals.ts'
import type { Listening, ServerSettings } from './settings.ts'
import type { Policy, RelaySettings, SharedCells } from './thread-settings.ts'
import { Users } from './users.ts'

/** Milliseconds between two words about refusals. */
const TELL = 1000

export interface StreamPartSettings extends Pick<ServerSettings, 'relay' | 'certificate'> {
  readonly listen: Pick<Listening, 'tcp' | 'tls'>
  readonly shared: SharedCells
}

/** TCP and TLS as a part of a server: on the event loop of its own thread, with allocations of their own. */
export class StreamPart implements Part {
  readonly answers: readonly AnswerCells[]
  /** There is no thread that could end by itself. */
  readonly failure: Promise<never> = new Promise(() => {})
  readonly #settings: StreamPartSettings
  readonly #hear: Hear
  readonly #counters = new CounterCells()
  readonly #cells = new AnswerCells()
  readonly #refusals = new RefusalCounter()
  readonly #bandwidth: Bandwidth
  readonly #begun = new WeakMap<Allocation, number>()
  readonly #timer: NodeJS.Timeout
  #server: StreamServer | undefined

  private constructor(settings: StreamPartSettings, hear: Hear) {
    this.#settings = settings
    this.#hear = hear
    this.answers = [this.#cells]
    this.#bandwidth = new Bandwidth(settings.shared.rates, settings.relay?.policy.bandwidth ?? unlimited)
    this.#timer = setInterval(() => this.#tellRefusals(), TELL)
    this.#timer.unref()
  }

  /** Resolves when it serves; rejects when an address cannot be listened on or a certificate cannot be read. */
  static async start(settings: StreamPartSettings, hear: Hear): Promise<StreamPart> {
    const part = new StreamPart(settings, hear)
    const { listen, certificate, relay } = settings
    try {
      part.#server = await StreamServer.start({
        listen: [...listen.tcp.map(over('tcp')), ...listen.tls.map(over('tls'))],
        certificate,
        relay: relay && part.#relay(relay),
        stun: (message, client) => answerBinding(message, client, part.#cells),
        counters: part.#counters,
      })
      return part
    } catch (error) {
      await part[Symbol.asyncDispose]()
      throw error
    }
  }

  get counters(): Counters {
    return this.#counters.read()
  }

  /** With ports that the kernel chose where 0 was asked for. */
  get listen(): Pick<Listening, 'tcp' | 'tls'> {
    const all = this.#server?.addresses ?? []
    const of = (transport: 'tcp' | 'tls'): Endpoint[] =>
      all.filter((each) => each.transport === transport).map(({ address, port }) => ({ address, port }))
    return { tcp: of('tcp'), tls: of('tls') }
  }

  /** Throws Error for a certificate that cannot be read; the old one stays in force then. */
  tell(command: Command): void {
    if (command.kind === 'policy') this.#change(command.policy)
    else if (command.kind === 'certificate') this.#server?.certificate(command.certificate)
    else if (command.kind === 'drain') this.#server?.drain()
  }

  drain(): Promise<void> {
    this.tell({ kind: 'drain' })
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.#server?.[Symbol.asyncDispose]()
    this.#tellRefusals()
  }

  #change(policy: Policy): void {
    const { relay } = this.#settings
    if (relay === undefined) return
    const users = new Users({ realm: relay.realm, ...policy })
    this.#server?.change({ users, filter: new PeerFilter(policy.filter), limits: policy.limits })
    this.#bandwidth.limits = policy.bandwidth ?? this.#bandwidth.limits
  }

  #relay({
    realm,
    nonceSecret: secret,
    nonceLifetime,
    software,
    tcpRelay,
    policy,
    addresses,
    ports,
  }: RelaySettings): StreamRelay {
    const users = new Users({ realm, ...policy })
    return {
      turn: {
        authenticator: new Authenticator({ realm, users, secret, nonceLifetime }),
        filter: new PeerFilter(policy.filter),
        limits: policy.limits,
        quota: new SharedQuota(this.#settings.shared.quota),
        kept: new SharedQuota(this.#settings.shared.kept),
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
    return {
      opened: (allocation) => {
        this.#begun.set(allocation, Date.now())
        this.#hear({ kind: 'opened', ...about(allocation) })
      },
      closed: (allocation, reason) => {
        const seconds = Math.round((Date.now() - (this.#begun.get(allocation) ?? Date.now())) / 1000)
        this.#hear({ kind: 'closed', ...about(allocation), reason, seconds, ...carried(allocation) })
      },
      moved: (allocation, before) => this.#hear({ kind: 'moved', ...about(allocation), before }),
      answered: (method, code) => this.#cells.add(method, code),
      refused: (code, client, message) => {
        if (isChallenge(code, message)) return
        this.#counters.add(refusalName(code))
        this.#refusals.add(code, client)
      },
    }
  }

  #tellRefusals(): void {
    for (const refused of this.#refusals.take()) this.#hear({ kind: 'refused', ...refused })
  }
}

function over(transport: 'tcp' | 'tls'): (at: { address: string; port: number }) => StreamAddress {
  return ({ address, port }) => ({ transport, address, port })
}
