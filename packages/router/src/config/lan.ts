import type { Interface, LanInterface, Position } from './config.ts'
import type { Entry, Node } from './node.ts'
import { describePlace, laterFirst } from './place.ts'
import { type Problems, quote } from './problems.ts'
import { lanEntryShape, wanShape } from './schema.ts'
import { describe, isMap, read } from './shape.ts'
import { Span } from './span.ts'
import { parseLanAddress, type Subnet, Subnets } from './subnets.ts'

/** IFNAMSIZ less the closing zero (linux/if.h). */
const NAME_BYTES = 15

/** The interfaces of `wan`: at least one, unless a problem was reported. */
export function readWan(root: Node, problems: Problems): Interface[] {
  const node = root.get('wan')
  const hint = 'write an interface name, such as eth0, or a list of them'
  if (node === undefined) problems.add(root.position(), { problem: 'wan is missing', hint: `${hint}: "wan: eth0"` })
  if (node === undefined || read(wanShape, node, { hint }, problems) === undefined) return []
  const found = new Map<string, Interface>()
  for (const each of node.items.length > 0 ? node.items : [node]) addWan(found, Span.of(each), problems)
  return [...found.values()]
}

function addWan(found: Map<string, Interface>, { text, position }: Span, problems: Problems): void {
  const first = found.get(text)
  if (first !== undefined)
    problems.add(position, { problem: `${quote(text)} is named twice`, hint: 'keep one of the two', text })
  else if (checkName(text, position, problems)) found.set(text, { name: text, position })
}

/** The interfaces of `lan` with their subnets. Problems leave out what they concern. */
export function readLan(
  root: Node,
  wan: readonly Interface[],
  problems: Problems,
): { lan: LanInterface[]; subnets: Subnets } {
  const before = problems.count
  const node = root.get('lan')
  const hint = 'write the interface and the router\'s address there: "lan: { eth1: 192.168.1.1/24 }"'
  if (node === undefined) problems.add(root.position(), { problem: 'lan is missing', hint })
  else if (!isMap(node))
    problems.add(node.position(), { problem: `expected a map (key: value), got ${describe(node)}`, hint })
  else if (node.entries.size === 0) problems.add(node.position(), { problem: 'lan names no interface', hint })
  const found: Subnet[] = []
  const lan = [...(node?.entries ?? [])].flatMap(([, entry]) => readInterface(entry, wan, found, problems) ?? [])
  const subnets = new Subnets(found, problems.count === before)
  for (const pair of subnets.collisions()) reportOverlap(laterFirst(pair, found), problems)
  return { lan, subnets }
}

function readInterface(
  { key, value }: Entry,
  wan: readonly Interface[],
  found: Subnet[],
  problems: Problems,
): LanInterface | undefined {
  const name = String(key.value)
  const position = key.position()
  if (!checkName(name, position, problems)) return undefined
  const outside = wan.find((each) => each.name === name)
  if (outside !== undefined) {
    const problem = `${quote(name)} is a WAN interface already (${describePlace(outside.position)})`
    problems.add(position, { problem, hint: 'name an interface for each side', text: name })
  }
  const addresses = readAddresses(name, value, problems)
  found.push(...addresses)
  return { name, position, addresses: addresses.map(toLanAddress) }
}

function readAddresses(name: string, node: Node, problems: Problems): Subnet[] {
  const hint = "write the router's address there with its prefix length, such as 192.168.1.1/24, or a list of them"
  if (read(lanEntryShape, node, { hint }, problems) === undefined) return []
  const nodes = node.items.length > 0 ? node.items : [node]
  return nodes.flatMap((each) => parseLanAddress(Span.of(each), name, problems) ?? [])
}

function toLanAddress({ family, address, prefix, network, position }: Subnet): LanInterface['addresses'][number] {
  return { family, address, prefix, network, position }
}

function reportOverlap([later, earlier]: [Subnet, Subnet], problems: Problems): void {
  const problem = `${later.network}/${later.prefix} overlaps ${earlier.network}/${earlier.prefix} of ${earlier.interface}`
  problems.add(later.position, {
    problem: `${problem} (${describePlace(earlier.position)})`,
    hint: 'give each subnet addresses of its own',
    text: `${later.address}/${later.prefix}`,
  })
}

/** What the kernel takes for a name (dev_valid_name), less what nft would read as a pattern or as the end of a text. */
function checkName(name: string, position: Position, problems: Problems): boolean {
  const problem = wrongName(name)
  const hint = 'write the name as `ip link` shows it'
  if (problem !== undefined) problems.add(position, { problem: `${quote(name)} ${problem}`, hint, text: name })
  return problem === undefined
}

function wrongName(name: string): string | undefined {
  if (name === 'lo') return "is the loopback, which is nobody's WAN or LAN"
  if (name === '' || name === '.' || name === '..') return 'is not an interface name'
  if (Buffer.byteLength(name) > NAME_BYTES) return `is longer than the ${NAME_BYTES} bytes of an interface name`
  const illegal = /[\s/:*"\\\p{Cc}\p{Cs}]/u.exec(name)
  return illegal === null ? undefined : `holds ${quote(illegal[0])}, which no interface name can`
}
