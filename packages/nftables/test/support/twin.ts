import {
  isAck,
  type Message,
  NFNLGRP_NFTABLES,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  parseAck,
  parseMessages,
  type Transport,
  Writer,
  writeMessage,
} from '@sallyport/linux'
import { ruleIdentity } from '../../src/expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  flowtableMessage,
  type KernelElement,
  type KernelTable,
  type MessageName,
  messageTypes,
  nlmsgType,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../../src/messages/index.ts'
import { begin, end } from '../../src/transaction/frame.ts'

/** One message of a batch. */
export interface Op {
  readonly name: MessageName
  readonly flags: number
  readonly body: Uint8Array
  /** For people who read of a difference. */
  readonly says: string
}

const nameOf = new Map(Object.entries(messageTypes).map(([name, type]) => [0xa00 + type, name]))
const codecs = {
  table: tableMessage,
  chain: chainMessage,
  rule: ruleMessage,
  set: setMessage,
  setelem: elementsMessage,
  obj: objectMessage,
  flowtable: flowtableMessage,
} as const

/** What a kernel says to a batch. */
export interface Said {
  readonly refusals: readonly unknown[]
  readonly echoes: readonly unknown[]
  readonly events: readonly unknown[]
}

/** A kernel under test, real or not: batches in, all that it says out, in a form that compares. */
export class Twin implements Disposable {
  readonly #transport: Transport
  readonly #monitor: Transport
  #sequence = 1

  constructor(open: () => Transport) {
    this.#transport = open()
    this.#monitor = open()
    this.#monitor.join(NFNLGRP_NFTABLES)
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]()
    this.#monitor[Symbol.dispose]()
  }

  /** What the kernel says to a batch: refusals, echoes, events. Numbers count from the batch's first message. */
  batch(ops: readonly Op[], { complete = true, generation }: { complete?: boolean; generation?: number } = {}): Said {
    const first = this.#sequence
    this.#sequence += ops.length + 2
    const out = new Writer()
    writeMessage(out, begin(first, generation))
    ops.forEach(({ name, flags, body }, index) => {
      writeMessage(out, { type: nlmsgType(name), flags: flags | NLM_F_REQUEST, sequence: first + 1 + index, body })
    })
    if (complete) writeMessage(out, end(first + ops.length + 1))
    this.#transport.send(out.finish())
    const answers = drain(this.#transport)
    return {
      refusals: answers.filter(isAck).map((message) => {
        const { sequence, errno, offset } = parseAck(message)
        return { message: sequence - first - 1, errno, offset }
      }),
      echoes: withoutOrder(answers.filter((message) => !isAck(message)).map((message) => told(message, first))),
      events: withoutOrder(drain(this.#monitor).map((message) => told(message, first))),
    }
  }

  /** What the kernel says to a question, or why it says nothing. */
  ask({ name, flags, body }: Op): unknown {
    const out = new Writer()
    this.#sequence += 1
    writeMessage(out, { type: nlmsgType(name), flags: flags | NLM_F_REQUEST, sequence: this.#sequence, body })
    this.#transport.send(out.finish())
    return drain(this.#transport).map((message) => {
      if (!isAck(message)) return told(message, this.#sequence)
      const { errno, offset } = parseAck(message)
      return { errno, offset }
    })
  }

  /** The whole ruleset. */
  content(): unknown {
    const tables = this.#dump('gettable', tableMessage) as KernelTable[]
    const sets = this.#dump('getset', setMessage) as { family: KernelTable['family']; table: string; name: string }[]
    return {
      tables: tables.map(plainTable),
      chains: this.#dump('getchain', chainMessage),
      rules: this.#dump('getrule', ruleMessage).map((rule) => plain('rule', rule)),
      sets: sets.map((set) => plain('set', set)),
      elements: sets.map(({ family, table, name }) => this.#elements(family, table, name)),
      objects: this.#dump('getobj', objectMessage),
      flowtables: this.#dump('getflowtable', flowtableMessage),
    }
  }

  #elements(family: KernelTable['family'], table: string, set: string): unknown {
    const body = elementsMessage.encode({ family, table, set, elements: [] })
    const lists = this.#dump('getsetelem', elementsMessage, body) as { elements: KernelElement[] }[]
    return lists.flatMap(({ elements }) => elements.map(plainElement)).sort()
  }

  #dump(
    name: MessageName,
    codec: { decode(body: Uint8Array): unknown },
    body: Uint8Array = new Uint8Array(4),
  ): unknown[] {
    const out = new Writer()
    this.#sequence += 1
    writeMessage(out, { type: nlmsgType(name), flags: NLM_F_REQUEST | NLM_F_DUMP, sequence: this.#sequence, body })
    this.#transport.send(out.finish())
    return drain(this.#transport)
      .filter((message) => !isAck(message))
      .map((message) => codec.decode(message.body))
  }
}

function drain(transport: Transport): Message[] {
  const messages: Message[] = []
  for (let datagram = transport.receive(); datagram !== undefined; datagram = transport.receive()) {
    messages.push(...parseMessages(datagram))
  }
  return messages
}

interface Told {
  readonly name: string
  /** Number of the message that made it; 0 of elements. */
  readonly about: number
  readonly flags?: number
  readonly value?: unknown
}

/** Elements of a hash table that go at once go in any order. */
function withoutOrder(list: Told[]): Told[] {
  const text = ({ value }: Told): string => JSON.stringify(value)
  const sorted: Told[] = []
  for (let at = 0; at < list.length; ) {
    const end = list.findIndex(({ name }, index) => index >= at && name !== 'delsetelem')
    const run = list.slice(at, end === -1 ? list.length : Math.max(end, at + 1))
    sorted.push(...(run.length > 1 ? run.sort((a, b) => (text(a) < text(b) ? -1 : 1)) : run))
    at += run.length
  }
  return sorted
}

function told(message: Message, first: number): Told {
  const name = nameOf.get(message.type) ?? `message ${message.type}`
  const about = message.sequence === 0 ? 0 : message.sequence - first
  if (name === 'newgen') return { name, about }
  const kind = name.replace(/^new|^del/, '') as keyof typeof codecs
  return { name, about, flags: message.flags, value: plain(kind, codecs[kind].decode(message.body)) }
}

/** Without what two kernels cannot have in common: handles of tables are numbered over all namespaces. */
function plainTable({ handle: _, owner, ...table }: KernelTable): unknown {
  return { ...table, owned: owner !== undefined }
}

function plain(kind: string, value: unknown): unknown {
  if (kind === 'table') return plainTable(value as KernelTable)
  if (kind === 'rule') {
    const { expressions = [], ...rest } = value as { expressions?: Parameters<typeof ruleIdentity>[0] }
    return { ...rest, expressions: expressions.map((each) => ruleIdentity([each])) }
  }
  if (kind === 'set') {
    const { backend: _, ...rest } = value as { backend?: string }
    return rest
  }
  if (kind === 'setelem') {
    const { elements, ...rest } = value as { elements: KernelElement[] }
    return { ...rest, elements: [...elements].map(plainElement) }
  }
  return value
}

/** Time passes in the one kernel and stands still in the other. */
function plainElement({ expiration, expressions, ...element }: KernelElement): string {
  const hex = (_: string, value: unknown): unknown =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : typeof value === 'bigint' ? `${value}n` : value
  const sorted = Object.fromEntries(Object.entries(element).sort(([a], [b]) => (a < b ? -1 : 1)))
  return JSON.stringify(
    { ...sorted, dies: expiration !== undefined, carries: expressions?.map((each) => each.expr) },
    hex,
  )
}
