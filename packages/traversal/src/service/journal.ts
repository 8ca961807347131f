import { reasons, type StunErrorCode } from '../stun/index.ts'
import type { Client } from '../turn/server/index.ts'
import { formatEndpoint } from './endpoint.ts'
import type { About, Happening } from './messages.ts'
import { RefusalCounter, type Refusals } from './refusals.ts'

export type LogForm = 'text' | 'json'
type Value = string | number | readonly string[]

/** One line of the log. */
export interface LogRecord {
  readonly event: string
  readonly [field: string]: Value
}

/** Milliseconds between two lines about refusals of one code. */
const PAUSE = 10_000

/**
 * What a server logs: a line for each allocation that begins, moves and ends, and for what an operator did. Refused
 * requests are counted and told of together. There is never a line for a packet.
 */
export class Journal {
  readonly #write: (line: string) => void
  readonly #clock: () => number
  readonly #refusals = new RefusalCounter()
  readonly #told = new Map<number, number>()
  form: LogForm

  /** @param parts.clock milliseconds since 1970 */
  constructor(parts: { readonly write: (line: string) => void; readonly form: LogForm; readonly clock: () => number }) {
    this.#write = parts.write
    this.#clock = parts.clock
    this.form = parts.form
  }

  log(record: LogRecord): void {
    const time = new Date(this.#clock()).toISOString()
    this.#write(this.form === 'json' ? JSON.stringify({ time, ...record }) : asText(time, record))
  }

  /** What happened in a thread. */
  hear(happening: Happening): void {
    if (happening.kind !== 'refused') this.log(recordOf(happening))
    else {
      this.#refusals.add(happening.code, happening.client, happening.count)
      this.flush()
    }
  }

  /** Tells of the refusals that it is time for. To be called now and then. */
  flush(): void {
    const now = this.#clock()
    for (const refused of this.#refusals.take()) {
      if (now - (this.#told.get(refused.code) ?? 0) < PAUSE)
        this.#refusals.add(refused.code, refused.client, refused.count)
      else this.#tell(refused, now)
    }
  }

  #tell({ code, count, client }: Refusals, now: number): void {
    this.#told.set(code, now)
    const reason = reasons[code as StunErrorCode] ?? ''
    this.log({ event: 'requests-refused', code, reason, count, client: formatClient(client) })
  }
}

function recordOf(happening: Exclude<Happening, { kind: 'refused' }>): LogRecord {
  if (happening.kind === 'tidied') {
    return { event: 'memory-returned', bytes: happening.bytes, milliseconds: happening.ms }
  }
  if (happening.kind === 'opened') return { event: 'allocation-opened', ...fields(happening) }
  if (happening.kind === 'moved') {
    return { event: 'allocation-moved', ...fields(happening), before: formatClient(happening.before) }
  }
  const { reason, seconds, toPeers, fromPeers } = happening
  const carried = { bytesToPeers: toPeers, bytesFromPeers: fromPeers }
  return { event: 'allocation-closed', ...fields(happening), reason, seconds, ...carried }
}

function fields({ user, client, relays }: About): Record<string, Value> {
  return { user, client: formatClient(client), relays }
}

function formatClient({ transport, remote }: Client): string {
  return `${transport}/${formatEndpoint(remote)}`
}

function asText(time: string, { event, ...rest }: LogRecord): string {
  const words = Object.entries(rest).map(([name, value]) => `${name}=${word(value)}`)
  return [time, event, ...words].join(' ')
}

/** In quotes unless it is plain: a user's name may hold anything, a line break included. */
function word(value: Value): string {
  const text = typeof value === 'object' ? value.join(',') : String(value)
  return /^[\w.:,@[\]/+-]+$/.test(text) ? text : JSON.stringify(text)
}
