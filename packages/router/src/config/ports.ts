import type { PortRange, Protocol, ProtocolPorts } from './config.ts'
import { Intervals } from './intervals.ts'
import { type Problems, quote } from './problems.ts'
import type { Span } from './span.ts'

export const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp']
const HIGHEST = 65535
const SPELLINGS: ReadonlyMap<string, readonly Protocol[]> = new Map([
  ['tcp', ['tcp']],
  ['udp', ['udp']],
  ['tcp+udp', PROTOCOLS],
  ['udp+tcp', PROTOCOLS],
])

/** `tcp/22`, `udp/30000-30100` or `tcp+udp/53` (one result for each protocol); undefined after reporting a problem. */
export function parsePorts(span: Span, problems: Problems, lowest: 0 | 1 = 1): ProtocolPorts[] | undefined {
  const parts = span.cut('/')
  if (parts === undefined) {
    const hint = 'write protocol/port, such as tcp/22, udp/30000-30100 or tcp+udp/53'
    problems.add(span.position, { problem: `${quote(span.text)} is not a port`, hint, text: span.text })
    return undefined
  }
  const protocols = SPELLINGS.get(parts[0].text)
  if (protocols === undefined)
    problems.unknown(parts[0].position, 'protocol', parts[0].text, [...SPELLINGS.keys()].slice(0, 3))
  const range = parseRange(parts[1], problems, lowest)
  return range && protocols?.map((protocol) => ({ protocol, ...range }))
}

/** `22` or `30000-30100`. A range may start at `lowest`, a single port is 1 or more. */
export function parseRange(span: Span, problems: Problems, lowest: 0 | 1 = 1): PortRange | undefined {
  const parts = span.cut('-')
  if (parts === undefined || parts[0].text === '') {
    const port = parsePort(span, problems, 1)
    return port === undefined ? undefined : { from: port, to: port }
  }
  const [from, to] = [parsePort(parts[0], problems, lowest), parsePort(parts[1], problems, 1)]
  if (from === undefined || to === undefined) return undefined
  if (from <= to) return { from, to }
  const hint = `write the lower port first: ${to}-${from}`
  problems.add(span.position, { problem: `the range ${from}-${to} is reversed`, hint, text: span.text })
  return undefined
}

function parsePort(span: Span, problems: Problems, lowest: 0 | 1): number | undefined {
  const { text, position } = span
  if (!/^(0|[1-9][0-9]*)$/.test(text)) {
    const hint = 'write a number from 1 to 65535, or two with "-" between them'
    problems.add(position, { problem: `${quote(text)} is not a port number`, hint, text })
    return undefined
  }
  const port = Number(text)
  if (port >= lowest && port <= HIGHEST) return port
  const shown = text.length > 20 ? `${text.slice(0, 17)}...` : text
  const hint = 'write a number from 1 to 65535'
  problems.add(position, { problem: `port ${shown} is outside 1-${HIGHEST}`, hint, text })
  return undefined
}

/** `tcp/22` or `udp/30000-30100`. */
export function formatPorts(ports: ProtocolPorts): string {
  return `${ports.protocol}/${ports.from === ports.to ? ports.from : `${ports.from}-${ports.to}`}`
}

/** The same ports, sorted by protocol and number, with no port named twice and neighbours joined. */
export function mergePorts(ports: readonly ProtocolPorts[]): ProtocolPorts[] {
  return PROTOCOLS.flatMap((protocol) => mergeOne(protocol, ports))
}

function mergeOne(protocol: Protocol, ports: readonly ProtocolPorts[]): ProtocolPorts[] {
  const merged: { protocol: Protocol; from: number; to: number }[] = []
  for (const { from, to } of ports.filter((range) => range.protocol === protocol).sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to)
    else merged.push({ protocol, from, to })
  }
  return merged
}

/** Finds ports among many of either protocol. */
export class PortIndex<T extends ProtocolPorts> {
  readonly #byProtocol: ReadonlyMap<Protocol, Intervals<number, T>>

  constructor(ports: readonly T[]) {
    this.#byProtocol = new Map(
      PROTOCOLS.map((protocol) => [protocol, new Intervals(ports.filter((range) => range.protocol === protocol))]),
    )
  }

  find(ports: ProtocolPorts): T | undefined {
    return this.#byProtocol.get(ports.protocol)?.find(ports.from, ports.to)
  }

  *collisions(): Generator<[T, T]> {
    for (const index of this.#byProtocol.values()) yield* index.collisions()
  }
}
