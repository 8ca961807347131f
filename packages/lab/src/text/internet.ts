import type { Family, HostOptions, Internet, RouterChildren, RouterOptions } from '../topology/internet.ts'
import { isNodeName, NAME_HINT } from '../topology/name.ts'
import { isMap, type Node, quote } from './document.ts'
import { type Kind, list, map, type NamedKind, named, type Reading, refuse, truth, whole, word, wrong } from './kind.ts'
import { link, oneWay } from './link.ts'
import { nat } from './nat.ts'
import { ipv4Address, ipv4Prefix, ipv6Prefix } from './words.ts'

const FAMILIES_HINT = 'write [ipv4], [ipv6] or [ipv4, ipv6]'
const ROUTER_HINT = 'such as "{ nat: home, hosts: [alice] }"'

const host: NamedKind<HostOptions> = named(
  'host',
  map<HostOptions>(
    {
      link,
      address: ipv4Address('IPv4 address without prefix length; default: the next one'),
      slaac: truth('IPv6 address by router advertisements (SLAAC); default false'),
    },
    'such as "{ link: { delay: 20ms } }", or nothing',
  ),
)

/** Things by name; a list of names does where there is nothing to say about them. */
function byName<T extends object>(kind: Kind<T>, hint: string): Kind<Readonly<Record<string, T>>> {
  const names = { type: 'array', items: { type: 'string', minLength: 1 } }
  return {
    schema: { anyOf: [{ type: 'object', additionalProperties: kind.schema }, names] },
    read(node, reading) {
      if (Array.isArray(node.value)) return fromNames(node, reading)
      if (node.value === null) return {}
      if (!isMap(node)) return wrong(node, 'a map (name: …) or a list of names', hint, reading)
      const read = [...node.entries].map(([name, entry]) => {
        checkName(entry.key, name, reading)
        return [name, kind.read(entry.value, reading)] as const
      })
      return Object.fromEntries(read.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
    },
  }
}

function fromNames<T extends object>(node: Node, reading: Reading): Readonly<Record<string, T>> {
  const names = node.items.flatMap((item) => {
    if (typeof item.value !== 'string') return wrong(item, 'a name', nameHint(item.value), reading) ?? []
    checkName(item, item.value, reading)
    return [item.value]
  })
  return Object.fromEntries(names.map((name) => [name, {} as T]))
}

function nameHint(value: unknown): string {
  return typeof value === 'number' ? `put it in quotes: "${value}"` : 'write a list such as [alice, bob]'
}

function checkName(node: Node, name: string, reading: Reading): void {
  if (!isNodeName(name)) refuse(node, `${quote(name)} is no name for a node; ${NAME_HINT}`, reading)
}

const hosts: Kind<Readonly<Record<string, HostOptions>>> = byName(host, 'such as "hosts: [alice, bob]"')

type Router = RouterOptions & RouterChildren
const routerSchema = { $ref: '#/$defs/router' }

/** Refers to itself: what is behind a router may be routers. */
const router: Kind<Router> = { schema: routerSchema, read: (node, reading) => routerFields.read(node, reading) }
const routers: Kind<Readonly<Record<string, Router>>> = byName(router, `such as "home: ${ROUTER_HINT.slice(9, -1)}"`)

const routerFields: Kind<Router> = map<Router>(
  {
    nat,
    uplink: link,
    addresses: whole(1, 200, 'how many external IPv4 addresses it has; default 1'),
    lan: ipv4Prefix("its LAN's IPv4 prefix, or none; default: one that nobody else has"),
    ipv6: word(['routed', 'open', 'nptv6', 'nat66', 'none'], 'what it does with IPv6; default routed'),
    delegated: ipv6Prefix('the IPv6 prefix that its upstream delegates to it; default: one that nobody else has'),
    nat64: truth('translates IPv6 of its LAN to IPv4 under 64:ff9b::/96; default false'),
    hosts,
    routers,
  },
  ROUTER_HINT,
)

const families: Kind<readonly Family[]> = list(word(['ipv4', 'ipv6'], 'address family'), FAMILIES_HINT)

interface Document extends Internet {
  readonly $schema?: string
}

const internetKind: Kind<Document> = map<Document>(
  {
    $schema: { schema: { type: 'string', description: 'for editors; not read' }, read: () => undefined },
    seed: whole(0, 0xffff_ffff, 'every random choice of the links follows from it; default 1'),
    families,
    servers: byName(host, 'such as "servers: [stun]"'),
    routers,
  },
  'such as "routers: { home: { nat: home, hosts: [alice] } }"',
)

/** A topology; what is wrong with it is reported. */
export function readInternet(root: Node, reading: Reading): Internet {
  if (root.value === null) wrong(root, 'a map (key: value)', 'write for example "servers: [stun]"', reading)
  return internetKind.read(root, reading) ?? {}
}

/** The JSON Schema (2020-12) of a topology file, for editors: shapes and patterns, not what depends on other values. */
export function internetJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sallyport lab topology',
    ...internetKind.schema,
    $defs: {
      router: routerFields.schema,
      ...host.definition,
      ...link.definition,
      ...oneWay.definition,
      ...nat.definition,
    },
  }
}
