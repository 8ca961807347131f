import { Conntrack, type LoggedPacket, Nflog, type NflogEvent, type NflogOptions, packetTuple } from '@sallyport/linux'
import { connect, type Nftables } from '@sallyport/nftables'
import { type EventName, eventPrefixes, LOG_GROUP, readOpenPort, TABLE } from '../compile/index.ts'
import { type EventEndpoints, endpointsOf, type Knowledge } from './endpoints.ts'

export type PortEventType = EventName

export interface PortEvent extends EventEndpoints {
  readonly type: PortEventType
}

/** `lost`: events came faster than they were read. */
export type RouterEvent = PortEvent | { readonly type: 'lost'; readonly count?: number }

/** Of each packet: the longest IPv4 header, and the ports behind it. */
const HEADERS = 64

/**
 * The events of our rules, from the moment that this is made until the signal, or until the iteration is left. The
 * kernel need not be able to attach flows to logged packets: what a packet does not say is asked when it is read.
 * Throws NetlinkError when somebody else reads them already: the kernel gives a group to one reader.
 */
export class RouterEvents implements AsyncIterableIterator<RouterEvent, undefined>, AsyncDisposable {
  readonly #log: Nflog
  readonly #packets: AsyncIterator<NflogEvent, undefined>
  readonly #known: Knowledge
  readonly #connections: DisposableStack
  #lost = 0

  constructor(options: Omit<NflogOptions, 'conntrack' | 'range'>) {
    using opening = new DisposableStack()
    const where = options.namespace === undefined ? {} : { namespace: options.namespace }
    const conntrack = opening.use(Conntrack.open(where))
    const nftables = opening.use(connect(where))
    this.#known = { flow: (tuple) => conntrack.get(tuple), holder: holderIn(nftables) }
    this.#log = opening.use(Nflog.open(LOG_GROUP, { ...options, conntrack: false, range: HEADERS }))
    this.#packets = this.#log[Symbol.asyncIterator]()
    this.#connections = opening.move()
  }

  /** The next one of ours: others may log to the same group. */
  async next(): Promise<IteratorResult<RouterEvent, undefined>> {
    for (;;) {
      const { done, value } = await this.#packets.next()
      if (done) return await this.return()
      const event = this.#toEvent(value)
      if (event !== undefined) return { done: false, value: event }
    }
  }

  async return(): Promise<IteratorResult<RouterEvent, undefined>> {
    await this.#log[Symbol.asyncDispose]()
    this.#connections.dispose()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  #toEvent(logged: NflogEvent): RouterEvent | undefined {
    if (logged.type === 'packet') return toPortEvent(logged, this.#known)
    const count = this.#log.lost - this.#lost
    this.#lost = this.#log.lost
    return { type: 'lost', ...(count > 0 && { count }) }
  }
}

function toPortEvent(packet: LoggedPacket, known: Knowledge): PortEvent | undefined {
  const type = typeOf(packet)
  const tuple = packetTuple(packet.payload)
  const endpoints = type && tuple && endpointsOf(type, tuple, known)
  return endpoints && { type, ...endpoints }
}

function typeOf({ prefix }: LoggedPacket): PortEventType | undefined {
  return (Object.keys(eventPrefixes) as PortEventType[]).find((type) => eventPrefixes[type].trim() === prefix.trim())
}

/** Who has a port exclusively now: `owner` names nobody who had it before. */
function holderIn(nftables: Nftables): Knowledge['holder'] {
  return (protocol, port) => {
    const { sets } = nftables.snapshot(TABLE, { elements: ({ name }) => name === 'owner' })
    const elements = sets.find(({ name }) => name === 'owner')?.elements ?? []
    const held = elements.map(readOpenPort).find((each) => each?.protocol === protocol && each.external === port)
    return held && `${held.address}:${held.port}`
  }
}
