import { z } from 'zod'
import type { ConfigFile, ForwardEntry, HostEntry, NatEntry } from './config-file.ts'

// The shapes are for this room and for the JSON Schema; callers get interfaces. What is inside a text (ports, addresses)
// is checked by the parsers, which know the column; the patterns are for editors.

const PORT = '(\\d{1,5})(-\\d{1,5})?'
const PORTS = `^(tcp|udp|tcp\\+udp|udp\\+tcp)/${PORT}$`
const INTERFACE = '^[^\\s/:]{1,15}$'
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'

function text(description: string, pattern: string, examples: string[]): z.ZodType<string> {
  return z.string().meta({ description, pattern, examples })
}

function oneOrMore(one: z.ZodType<string>, description: string): z.ZodType<string | readonly string[]> {
  return z.union([one, z.array(one).min(1)]).meta({ description })
}

const ports: z.ZodType<string> = text('protocol/port or protocol/from-to', PORTS, ['tcp/22', 'udp/30000-30100'])
const services: z.ZodType<readonly string[]> = z.array(
  text('protocol/port, protocol/from-to, or icmp (echo)', `^icmp$|${PORTS}`, ['udp/53', 'tcp/22', 'icmp']),
)
const duration: z.ZodType<string> = text('a whole number and s, m, h or d', '^[0-9]+\\s*[smhd]$', ['60s', '5m'])

export const wanShape: z.ZodType<string | readonly string[]> = oneOrMore(
  text('interface name', INTERFACE, ['eth0']),
  'the interface, or interfaces, towards the internet',
)

export const lanEntryShape: z.ZodType<string | readonly string[]> = oneOrMore(
  text('address/prefix length', '^[0-9a-fA-F.:]+/\\d{1,3}$', ['192.168.1.1/24', '2001:db8:1::1/64']),
  "the router's own address on this interface with its prefix length, or several",
)

const ipv4: z.ZodType<string> = text('IPv4 address in a LAN subnet', '^(\\d{1,3}\\.){3}\\d{1,3}$', ['192.168.1.100'])

export const hostShape: z.ZodType<string | HostEntry> = z.union([
  ipv4,
  z.strictObject({
    address: ipv4,
    owns: z.array(ports).exactOptional().meta({ description: 'forwarded to this host, and given to nobody else' }),
  }),
])

const mappingShape: z.ZodType<NonNullable<NatEntry['mapping']>> = z
  .enum(['endpoint-independent', 'address-and-port-dependent'])
  .meta({ description: 'RFC 4787 section 4.1', default: 'endpoint-independent' })

const filteringShape: z.ZodType<NonNullable<NatEntry['filtering']>> = z
  .enum(['endpoint-independent', 'address-dependent', 'address-and-port-dependent'])
  .meta({ description: 'RFC 4787 section 5', default: 'address-and-port-dependent' })

/** A limit that is not `none`: read by itself, so that a mistake is told in one way. */
export const limitNumber: z.ZodType<number> = z.int().min(1).max(65535)

/** One shape for each key of `nat`, so that a mistake in one doesn't hide the others. */
export const natShapes: { readonly [K in keyof Required<NatEntry>]: z.ZodType<Required<NatEntry>[K]> } = {
  mapping: mappingShape,
  filtering: filteringShape,
  protocols: z
    .array(z.enum(['tcp', 'udp']))
    .min(1)
    .meta({ description: 'what mapping and filtering are promised for', default: ['udp'] }),
  hosts: z.array(z.string()).meta({ description: 'names from hosts; default: the whole LAN' }),
  reserved: z.array(ports).meta({ description: 'never opened by an outbound packet; default: 0-1023' }),
  timeout: duration.meta({ description: 'silence after which a mapping is gone, 2s to 1d', default: '5m' }),
  limit: z
    .union([limitNumber, z.literal('none')])
    .meta({ description: 'open external ports per host; default: 1024 where hosts are listed, else none' }),
  takeover: duration.meta({ description: 'silence after which another host may take the port', default: '2m' }),
}

const FORWARD = `(${NAME.slice(1, -1)}|(\\d{1,3}\\.){3}\\d{1,3})(:${PORT})?`
export const forwardShape: z.ZodType<string | ForwardEntry> = z.union([
  text('protocol/port -> host[:port]', `^\\s*${PORTS.slice(1, -1)}\\s*->\\s*${FORWARD}\\s*$`, [
    'tcp/6881 -> workstation',
    'tcp/1000 -> workstation:2345',
    'udp/30000-30100 -> switch-1',
  ]),
  z.strictObject({ from: ports, to: text('host[:port]', `^${FORWARD}$`, ['workstation:2345']) }),
])

const WAY = '^\\s*(lan\\s*->\\s*(wan|lan|router)|wan\\s*->\\s*router)\\s*$'
export const allowShape: z.ZodType<string | Readonly<Record<string, readonly string[]>>> = z.union([
  text('everything from one zone to another', WAY, ['lan -> wan']),
  z
    .record(z.string().meta({ pattern: WAY }), services)
    .meta({ description: 'from one zone to another, these services', minProperties: 1, maxProperties: 1 }),
])

const natShape: z.ZodType<NatEntry> = z
  .strictObject(optional(natShapes))
  .meta({ description: 'how the NAT behaves, in the words of RFC 4787' })

/** The whole file, for the JSON Schema and for its keys. */
export const fileShape: z.ZodType<ConfigFile> = z
  .strictObject({
    $schema: z.string().exactOptional().meta({ description: 'for editors; not read' }),
    wan: wanShape,
    lan: z.record(z.string().meta({ pattern: INTERFACE }), lanEntryShape).meta({ minProperties: 1 }),
    hosts: z.record(z.string().meta({ pattern: NAME }), hostShape).exactOptional(),
    nat: natShape.exactOptional(),
    forwards: z.array(forwardShape).exactOptional().meta({ description: 'sent on from the WAN address' }),
    allow: z
      .array(allowShape)
      .exactOptional()
      .meta({ description: 'what may be begun; all else that is new is dropped' }),
  })
  .meta({ title: 'Sallyport router config' })

/** The JSON Schema (2020-12) of a config file, for editors: shapes and patterns, not what depends on other values. */
export function configJsonSchema(): object {
  return z.toJSONSchema(fileShape)
}

type Optional<T> = { [K in keyof T]: T[K] extends z.ZodType ? z.ZodExactOptional<T[K]> : never }

function optional<T extends Record<string, z.ZodType>>(shapes: T): Optional<T> {
  return Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, shape.exactOptional()])) as Optional<T>
}
