import {
  Connection,
  Malformed,
  type Message,
  NETLINK_NETFILTER,
  NFNL_SUBSYS_NFTABLES,
  NFNLGRP_NFTRACE,
  nfMessage,
  nfSubsystem,
  openNetlink,
  Subscription,
} from '@sallyport/linux'
import { debugRule } from '../debug/index.ts'
import { type KernelRule, messageTypes } from '../messages/index.ts'
import { availably } from '../transaction/unavailable.ts'
import { Interfaces, RulesetMemory } from './context.ts'
import { type TracedVerdict, type TraceMessage, traceMessage } from './message.ts'
import { type Ended, type Gathered, hasHeaders, Packets } from './packets.ts'
import { headersOf, type PacketHeaders, type StepContext, stepOf, type TraceStep } from './step.ts'

/** One packet that has `meta nftrace` set, and all that the ruleset did with it from there on. */
export interface TracedPacket extends PacketHeaders {
  readonly type: 'packet'
  /** As `nft monitor trace` prints it, in hexadecimal. */
  readonly id: number
  readonly steps: readonly TraceStep[]
  /** What became of it; `continue` when nobody decided. */
  readonly verdict: TracedVerdict
  /** The rule or policy that decided. */
  readonly decision?: TraceStep
  /** How we know that this is all of it. */
  readonly ended: Ended
}

/** A step that cannot be decoded here: a newer kernel's. Its packet is told without it. */
export interface UnknownStep {
  readonly type: 'unknown'
  /** nfgenmsg and attributes. */
  readonly body: Uint8Array
  readonly reason: string
}

/** Steps were dropped because nobody read them in time; it follows the packets that they are missing from. */
export interface LostSteps {
  readonly type: 'lost'
}

export type TraceEvent = TracedPacket | UnknownStep | LostSteps

export interface TraceOptions {
  /** Default: the network namespace of the calling thread. */
  readonly namespace?: { run<T>(fn: () => T): T } | undefined
  /** Ends the iteration. */
  readonly signal?: AbortSignal | undefined
  /** Which packets are wanted; default: all. */
  readonly filter?: ((packet: TracedPacket) => boolean) | undefined
  /** A packet of which nothing is heard for so many milliseconds is complete; default 100. Most are known to be at once. */
  readonly idle?: number | undefined
  /** What a rule says; default and for undefined: its expressions in nft's debug form. See {@link ruleTexts}. */
  readonly text?: ((rule: KernelRule) => string | undefined) | undefined
  /** Bytes of steps that may queue up unread; default 4 MiB. */
  readonly receiveBuffer?: number | undefined
}

const IDLE = 100
/** A reader who is slow himself must not take for silence what he has not read yet. */
const GRACE = 20
const RECEIVE_BUFFER = 4 << 20

/**
 * What rules do with packets that a rule marked with `meta nftrace set 1`, packet by packet. Leaving the loop, disposing
 * and aborting end it. Throws NftablesUnavailable.
 */
export function trace(options: TraceOptions = {}): Trace {
  const { namespace, receiveBuffer = RECEIVE_BUFFER } = options
  using opened = new DisposableStack()
  const transport = opened.use(availably(() => openNetlink(NETLINK_NETFILTER, { namespace, receiveBuffer })))
  transport.join(NFNLGRP_NFTRACE)
  const interfaces = opened.use(new Interfaces(namespace))
  const connection = opened.use(new Connection(openNetlink(NETLINK_NETFILTER, { namespace, receiveBuffer: 16 << 20 })))
  const messages = new Subscription<Report>(transport, {
    decode: reportIn,
    lost: () => ({ type: 'lost' }),
    signal: options.signal,
  })
  const resources = opened.move()
  const ruleset = new RulesetMemory(connection)
  return new Trace(messages, { interfaces, ruleset, [Symbol.dispose]: () => resources.dispose() }, options)
}

type Report = TraceMessage | UnknownStep | LostSteps

function reportIn({ type, body }: Message): TraceMessage | UnknownStep | undefined {
  if (nfSubsystem(type) !== NFNL_SUBSYS_NFTABLES || nfMessage(type) !== messageTypes.trace) return undefined
  try {
    return traceMessage.decode(body)
  } catch (error) {
    if (error instanceof Malformed) return { type: 'unknown', body: body.slice(), reason: error.message }
    throw error
  }
}

/** What is known of the namespace that packets pass. */
export interface Sources extends Disposable {
  readonly interfaces: Pick<Interfaces, 'name'>
  readonly ruleset: Pick<RulesetMemory, 'refresh' | 'path' | 'rule'>
}

interface Seen {
  readonly message: TraceMessage
  readonly step: TraceStep
}

/** See {@link trace}. One reader at a time. */
export class Trace implements AsyncIterableIterator<TraceEvent, undefined>, Disposable, AsyncDisposable {
  readonly #messages: Subscription<Report>
  readonly #sources: Sources
  readonly #options: TraceOptions
  readonly #packets: Packets<Seen>
  readonly #events: AsyncGenerator<TraceEvent, undefined>
  #closed = false

  constructor(messages: Subscription<Report>, sources: Sources, options: TraceOptions = {}) {
    this.#messages = messages
    this.#sources = sources
    this.#options = options
    this.#packets = new Packets(options.idle ?? IDLE, (steps) => sources.ruleset.path.goesOn(steps))
    this.#events = this.#read()
  }

  next(): Promise<IteratorResult<TraceEvent, undefined>> {
    return this.#events.next()
  }

  return(): Promise<IteratorResult<TraceEvent, undefined>> {
    this[Symbol.dispose]()
    return this.#events.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  [Symbol.dispose](): void {
    this.#closed = true
    this.#messages[Symbol.dispose]()
    this.#sources[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async *#read(): AsyncGenerator<TraceEvent, undefined> {
    try {
      let next = this.#messages.next()
      while (!this.#closed) {
        const result = await soonerOf(next, this.#patience())
        if (result?.done) break
        if (result !== undefined) next = this.#messages.next()
        yield* result === undefined ? this.#wanted(this.#packets.expire(performance.now())) : this.#after(result.value)
      }
    } finally {
      this[Symbol.dispose]()
    }
    return undefined
  }

  /** Milliseconds until a packet is complete; undefined when none is under way. */
  #patience(): number | undefined {
    const { deadline } = this.#packets
    if (deadline === undefined) return undefined
    return Math.max(deadline - performance.now(), Math.min(this.#options.idle ?? IDLE, GRACE))
  }

  *#after(report: Report): Generator<TraceEvent, void> {
    if (this.#closed) return
    if (report.type === 'lost') yield* this.#wanted(this.#packets.lost())
    if (report.type === 'lost' || report.type === 'unknown') yield report
    else yield* this.#wanted(this.#packets.take(this.#see(report), performance.now()))
  }

  #see(message: TraceMessage): Seen {
    const isEntry = hasHeaders(message)
    if (isEntry) this.#sources.ruleset.refresh()
    const headers = isEntry ? headersOf(message, this.#context) : undefined
    return { message, step: stepOf(message, headers, this.#context) }
  }

  *#wanted(packets: readonly Gathered<Seen>[]): Generator<TracedPacket, void> {
    const { filter } = this.#options
    for (const packet of packets.map(packetOf)) {
      if (filter?.(packet) ?? true) yield packet
    }
  }

  readonly #context: StepContext = {
    interface: (index) => this.#sources.interfaces.name(index),
    text: (rule) => this.#options.text?.(rule) ?? debugRule(rule.expressions),
    rule: ({ family, table, chain, ruleHandle: handle }) => {
      if (table === undefined || chain === undefined || handle === undefined) return undefined
      return this.#sources.ruleset.rule({ family, table, chain, handle })
    },
  }
}

/** The result, or undefined when it takes longer than `patience` milliseconds. */
async function soonerOf<T>(next: Promise<T>, patience: number | undefined): Promise<T | undefined> {
  if (patience === undefined) return next
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patience, undefined)
  })
  try {
    return await Promise.race([next, late])
  } finally {
    clearTimeout(timer)
  }
}

const decisive: readonly string[] = ['accept', 'drop', 'queue', 'stolen']

function packetOf({ steps: seen, ended }: Gathered<Seen>): TracedPacket {
  const steps = seen.map(({ step }) => step)
  const headers = steps.find((step) => step.headers !== undefined)?.headers ?? { bytes: {} }
  const output = steps.findLast((step) => step.headers?.output !== undefined)?.headers?.output
  const decision = steps.findLast(({ verdict }) => decisive.includes(verdict.verdict))
  return {
    type: 'packet',
    id: seen[0]!.message.id,
    ...headers,
    ...(output && { output }),
    steps,
    verdict: decision?.verdict ?? { verdict: 'continue' },
    ...(decision && { decision }),
    ended,
  }
}
