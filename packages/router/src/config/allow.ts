import type { Allow, Services } from './config.ts'
import type { Claim } from './ledger.ts'
import type { Node } from './node.ts'
import { mergePorts, parsePorts } from './ports.ts'
import { type Problems, quote } from './problems.ts'
import { allowShape } from './schema.ts'
import { describe, read } from './shape.ts'
import { Span } from './span.ts'

const ZONES = ['lan', 'wan', 'router']
const HINT = 'write "ZONE -> ZONE", or "ZONE -> ZONE: [tcp/22, icmp]"; zones are lan, wan and router'
const WAYS: Readonly<Record<string, keyof Allow>> = {
  'lan -> wan': 'lanToWan',
  'lan -> lan': 'lanToLan',
  'lan -> router': 'lanToRouter',
  'wan -> router': 'wanToRouter',
}

/** What is not for `allow` to say, and what to do instead. */
const REFUSALS: Readonly<Record<string, { problem: string; hint: string }>> = {
  'wan -> lan': {
    problem: 'the LAN cannot be opened to the internet as a whole',
    hint: 'forward the ports that a host serves; IPv6 hosts cannot be opened to the internet yet',
  },
  'wan -> wan': { problem: 'the router carries nothing from WAN to WAN', hint: 'remove it' },
  'router -> lan': { problem: 'what the router begins is always allowed', hint: 'remove it' },
  'router -> wan': { problem: 'what the router begins is always allowed', hint: 'remove it' },
  'router -> router': { problem: 'what the router begins is always allowed', hint: 'remove it' },
}

/** One line of `allow`, or the sum of several. */
interface Granted {
  readonly all: boolean
  readonly icmp: boolean
  readonly ports: readonly Claim[]
}
const NOTHING: Granted = { all: false, icmp: false, ports: [] }

/**
 * Without `allow`: the LAN reaches the internet, and of the router its DNS, DHCP, ssh and echo, so that a first config
 * shuts nobody out who sits on the LAN; the internet reaches nothing.
 */
const DEFAULT: Allow = {
  lanToWan: { all: true, icmp: true, ports: [] },
  lanToLan: NOTHING,
  lanToRouter: {
    all: false,
    icmp: true,
    ports: [
      { protocol: 'tcp', from: 22, to: 22 },
      { protocol: 'tcp', from: 53, to: 53 },
      { protocol: 'udp', from: 53, to: 53 },
      { protocol: 'udp', from: 67, to: 67 },
      { protocol: 'udp', from: 547, to: 547 },
    ],
  },
  wanToRouter: NOTHING,
}

/** `allow` with its default, and the ports that the router serves to the internet, with their places. */
export function readAllow(root: Node, problems: Problems): { allow: Allow; served: readonly Claim[] } {
  const node = root.get('allow')
  if (node === undefined) return { allow: DEFAULT, served: [] }
  if (!Array.isArray(node.value)) {
    const problem = `expected a list, got ${describe(node)}`
    problems.add(node.position(), { problem, hint: `${HINT}, each after "- "` })
  }
  const granted = new Map<keyof Allow, Granted>()
  for (const item of node.items) readLine(item, granted, problems)
  const sum = (way: keyof Allow): Services => toServices(granted.get(way) ?? NOTHING)
  const allow = {
    lanToWan: sum('lanToWan'),
    lanToLan: sum('lanToLan'),
    lanToRouter: sum('lanToRouter'),
    wanToRouter: sum('wanToRouter'),
  }
  return { allow, served: granted.get('wanToRouter')?.ports ?? [] }
}

function toServices({ all, icmp, ports }: Granted): Services {
  return { all, icmp, ports: mergePorts(ports) }
}

function readLine(node: Node, granted: Map<keyof Allow, Granted>, problems: Problems): void {
  const line = read(allowShape, node, { hint: HINT }, problems)
  if (line === undefined) return
  const entries = [...node.entries.values()]
  if (typeof line !== 'string' && entries.length !== 1) {
    const problem = entries.length === 0 ? 'the entry is empty' : 'one entry says two things'
    problems.add((entries[1]?.key ?? node).position(), { problem, hint: 'begin each "ZONE -> ZONE" with "- "' })
    return
  }
  const key = entries[0]?.key ?? node
  const way = parseWay(Span.of(key).trim(), problems)
  const services =
    typeof line === 'string' ? everything(node, way, problems) : readServices(entries[0]!.value, problems)
  if (way !== undefined) granted.set(way, add(granted.get(way) ?? NOTHING, services))
}

function add(one: Granted, other: Granted): Granted {
  return { all: one.all || other.all, icmp: one.icmp || other.icmp, ports: [...one.ports, ...other.ports] }
}

function parseWay(span: Span, problems: Problems): keyof Allow | undefined {
  const zones = span.cut('->')
  if (zones === undefined) {
    problems.add(span.position, { problem: `${quote(span.text)} has no "->"`, hint: HINT, text: span.text })
    return undefined
  }
  const unknown = zones.filter(({ text }) => !ZONES.includes(text))
  for (const zone of unknown) problems.unknown(zone.position, 'zone', zone.text, ZONES)
  const name = zones.map(({ text }) => text).join(' -> ')
  const refusal = REFUSALS[name]
  if (refusal !== undefined) problems.add(span.position, { ...refusal, text: span.text })
  return WAYS[name]
}

/** A line without a list means everything, which the router itself does not offer to the internet. */
function everything(node: Node, way: keyof Allow | undefined, problems: Problems): Granted {
  if (way === 'wanToRouter') {
    const problem = 'every port of the router would be open to the internet'
    problems.add(node.position(), {
      problem,
      hint: 'name what it serves: "wan -> router: [tcp/22]"',
      text: String(node.value),
    })
  }
  return { all: true, icmp: true, ports: [] }
}

function readServices(list: Node, problems: Problems): Granted {
  const texts = list.items.map((item) => Span.of(item))
  const ports = texts.filter(({ text }) => text !== 'icmp').flatMap((span) => readPorts(span, problems))
  return { all: false, icmp: texts.some(({ text }) => text === 'icmp'), ports }
}

function readPorts(span: Span, problems: Problems): Claim[] {
  const ports = parsePorts(span, problems) ?? []
  return ports.map((range) => ({ ...range, position: span.position, text: span.text }))
}
