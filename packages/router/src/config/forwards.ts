import { isIp } from '@sallyport/linux'
import type { Forward, PortRange, ProtocolPorts } from './config.ts'
import type { Hosts } from './hosts.ts'
import type { Node } from './node.ts'
import { parsePorts, parseRange } from './ports.ts'
import { type Problems, quote } from './problems.ts'
import { forwardShape } from './schema.ts'
import { describe, read } from './shape.ts'
import { Span } from './span.ts'
import { parseHostAddress, type Subnets } from './subnets.ts'

const HINT = 'write PROTOCOL/PORT -> HOST or HOST:PORT, such as tcp/1000 -> workstation:2345'

/** What a target may be. */
export interface Targets {
  readonly hosts: Hosts
  readonly subnets: Subnets
}

/** The forwards of the file, one for each protocol. Problems leave out what they concern. */
export function readForwards(root: Node, targets: Targets, problems: Problems): Forward[] {
  const node = root.get('forwards')
  if (node === undefined) return []
  if (!Array.isArray(node.value)) {
    const problem = `expected a list, got ${describe(node)}`
    problems.add(node.position(), { problem, hint: `${HINT}, each after "- "` })
  }
  return node.items.flatMap((item) => readForward(item, targets, problems))
}

function readForward(node: Node, targets: Targets, problems: Problems): Forward[] {
  const ends = readEnds(node, problems)
  if (ends === undefined) return []
  const external = parsePorts(ends.from, problems)
  const target = parseTarget(ends.to, targets, problems)
  if (external === undefined || target === undefined) return []
  return external.flatMap((ports) => makeForward(ports, target, ends, problems) ?? [])
}

interface Ends {
  readonly from: Span
  readonly to: Span
  readonly whole: string
}

/** Both sides of the arrow, or of `{ from: …, to: … }`. */
function readEnds(node: Node, problems: Problems): Ends | undefined {
  if (splitByColon(node)) {
    const hint = 'remove the space after ":", or quote the text'
    problems.add(node.position(), { problem: 'a forward is text, not a map (key: value)', hint })
    return undefined
  }
  const entry = read(forwardShape, node, { hint: HINT, keys: ['from', 'to'] }, problems)
  if (entry === undefined) return undefined
  if (typeof entry !== 'string') {
    return {
      from: Span.of(node.get('from')!).trim(),
      to: Span.of(node.get('to')!).trim(),
      whole: `${entry.from} -> ${entry.to}`,
    }
  }
  const span = Span.of(node).trim()
  const ends = span.cut('->')
  if (ends !== undefined) return { from: ends[0], to: ends[1], whole: span.text }
  problems.add(span.position, { problem: `${quote(span.text)} has no "->"`, hint: HINT, text: span.text })
  return undefined
}

/** YAML reads `tcp/1000 -> workstation: 2345` as a map. */
function splitByColon(node: Node): boolean {
  return [...node.entries.keys()].some((key) => key.includes('->'))
}

interface Target {
  readonly host: Forward['host']
  /** Undefined: the same ports as outside. */
  readonly ports: PortRange | undefined
  readonly portsSpan: Span
}

/** `workstation`, `192.168.1.100:2345`, `switch-1:500-600`. */
function parseTarget(span: Span, targets: Targets, problems: Problems): Target | undefined {
  if (/^\[|:.*:/.test(span.text)) {
    const hint = 'forward to an IPv4 address of the host; IPv6 hosts cannot be opened to the internet yet'
    problems.add(span.position, { problem: `${quote(span.text)} is not a target`, hint, text: span.text })
    return undefined
  }
  const parts = span.cut(':')
  const host = parseHost(parts?.[0] ?? span, targets, problems)
  const ports = parts && parseRange(parts[1], problems)
  if (host === undefined || (parts !== undefined && ports === undefined)) return undefined
  return { host, ports, portsSpan: parts?.[1] ?? span }
}

function parseHost(span: Span, { hosts, subnets }: Targets, problems: Problems): Forward['host'] | undefined {
  if (span.text === '') {
    problems.add(span.position, { problem: 'the forward names no host', hint: HINT })
    return undefined
  }
  // No host may be named with digits and dots alone: what looks like an address is meant to be one.
  if (isIp(span.text) || /^[\d.]+$/.test(span.text)) {
    const address = parseHostAddress(span, subnets, problems)
    return address === undefined ? undefined : { name: hosts.at(address)?.name ?? address, address }
  }
  const host = hosts.named(span, problems)
  return host && { name: host.name, address: host.address }
}

function makeForward(external: ProtocolPorts, target: Target, ends: Ends, problems: Problems): Forward | undefined {
  const { from, to } = external
  const inside = target.ports ?? { from, to }
  const position = ends.from.position
  if (inside.to - inside.from === to - from)
    return { ...external, host: target.host, target: inside, position, text: ends.whole }
  const problem = `${to - from + 1} ports cannot arrive at ${inside.to - inside.from + 1}`
  const last = inside.from + to - from
  const hint =
    last <= 65535 ? `write a range of the same length: ${inside.from}-${last}` : 'write ranges of the same length'
  problems.add(target.portsSpan.position, { problem, hint, text: target.portsSpan.text })
  return undefined
}
