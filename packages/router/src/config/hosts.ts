import type { Host, OwnedPorts } from './config.ts'
import type { Entry, Node } from './node.ts'
import { describePlace } from './place.ts'
import { parsePorts } from './ports.ts'
import { type Problems, quote } from './problems.ts'
import { hostShape } from './schema.ts'
import { describe, isMap, read } from './shape.ts'
import { Span } from './span.ts'
import { parseHostAddress, type Subnets } from './subnets.ts'

/** Words that mean something else where a host may be named. */
const TAKEN = ['lan', 'wan', 'router', 'internet']

/** The hosts of the file, by name and by address. */
export class Hosts {
  readonly list: readonly Host[]
  /** Also of hosts that could not be read: to name one of these is no second mistake. */
  readonly names: readonly string[]
  readonly #byName: ReadonlyMap<string, Host>
  readonly #byAddress: ReadonlyMap<string, Host>
  readonly #known: ReadonlySet<string>
  readonly #complete: boolean

  /** `complete` is false when the names themselves could not be read. */
  constructor(list: readonly Host[], names: readonly string[], complete: boolean) {
    this.list = list
    this.names = names
    this.#complete = complete
    this.#byName = new Map(list.map((host) => [host.name, host]))
    this.#byAddress = new Map(list.map((host) => [host.address, host]))
    this.#known = new Set(names)
  }

  /** The host of that name; undefined after reporting that there is none, or when its entry is broken (reported before). */
  named({ text, position }: Span, problems: Problems): Host | undefined {
    if (this.#complete && !this.#known.has(text)) problems.unknown(position, 'host', text, this.names)
    return this.#byName.get(text)
  }

  at(address: string): Host | undefined {
    return this.#byAddress.get(address)
  }
}

export function readHosts(root: Node, subnets: Subnets, problems: Problems): Hosts {
  const node = root.get('hosts')
  const hint = 'write "NAME: ADDRESS" for each one, such as "hosts: { workstation: 192.168.1.100 }"'
  if (node === undefined) return new Hosts([], [], true)
  if (!isMap(node))
    problems.add(node.position(), { problem: `expected a map (key: value), got ${describe(node)}`, hint })
  const byAddress = new Map<string, Host>()
  const hosts = [...node.entries.values()].flatMap((entry) => readHost(entry, subnets, problems) ?? [])
  for (const host of hosts) addHost(byAddress, host, problems)
  return new Hosts(hosts, [...node.entries.keys()], isMap(node))
}

function addHost(byAddress: Map<string, Host>, host: Host, problems: Problems): void {
  const first = byAddress.get(host.address)
  if (first === undefined) byAddress.set(host.address, host)
  else {
    const problem = `${host.name} has the address ${host.address} of ${first.name} (${describePlace(first.position)})`
    problems.add(host.position, { problem, hint: 'give each host an address of its own', text: host.address })
  }
}

function readHost({ key, value }: Entry, subnets: Subnets, problems: Problems): Host | undefined {
  const name = String(key.value)
  const named = checkName(name, key, problems)
  const hint = 'write an IPv4 address, or { address: 192.168.1.101, owns: [udp/45000-45010] }'
  const entry = read(hostShape, value, { hint, keys: ['address', 'owns'] }, problems)
  if (entry === undefined) return undefined
  const addressNode = value.get('address') ?? value
  const address = parseHostAddress(Span.of(addressNode), subnets, problems)
  const owns = (value.get('owns')?.items ?? []).flatMap((item) => readOwned(item, problems))
  return address === undefined || !named ? undefined : { name, address, owns, position: addressNode.position() }
}

function readOwned(node: Node, problems: Problems): OwnedPorts[] {
  const span = Span.of(node)
  return (parsePorts(span, problems) ?? []).map((ports) => ({ ...ports, position: span.position }))
}

/** A name has to stand in `NAME:PORT`, `wan -> NAME` and messages, and may not be taken for something else there. */
function checkName(name: string, key: Node, problems: Problems): boolean {
  const problem = wrongName(name)
  const hint = 'write up to 63 letters, digits, "-", "_" and ".", beginning with a letter or digit'
  if (problem !== undefined) problems.add(key.position(), { problem, hint, text: name })
  return problem === undefined
}

function wrongName(name: string): string | undefined {
  if (TAKEN.includes(name)) return `the name ${name} means something else in this file`
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return `${quote(name)} is not a name`
  return /^[0-9.]+$/.test(name) ? `${name} could be taken for an address` : undefined
}
