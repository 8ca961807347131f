import { z } from 'zod'
import type { TimeoutName } from './config.ts'
import type { ConfigFile, ConntrackEntry, ForwardEntry, HostEntry, NatEntry } from './config-file.ts'

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

/** Entries of conntrack's table; the kernel keeps it as a signed number of 32 bits, and 0 would be without end. */
export const maxShape: z.ZodType<number> = z
  .int()
  .min(1)
  .max(0x7fffffff)
  .meta({ description: 'connections that the kernel remembers at a time, on the whole machine; default: as it is' })

const timer = (description: string): z.ZodType<string> => duration.meta({ description })

/** One shape for each timer: the docs of the keys of `conntrack.timeouts`. */
export const timeoutShapes: { readonly [K in TimeoutName]: z.ZodType<string> } = {
  udp: timer('UDP without an answer, or within 2 s of its beginning; default: 2m, at most nat.takeover'),
  udp_stream: timer('UDP with answers; default: 2m, at most nat.takeover'),
  icmp: timer('echo requests; default: 60s or longer (RFC 5508 REQ-2)'),
  icmpv6: timer('the same of IPv6; default: as it is'),
  generic: timer('protocols without a timer of their own; default: as it is'),
  gre: timer('GRE without an answer; default: as it is'),
  gre_stream: timer('GRE with answers; default: as it is'),
  tcp_syn_sent: timer('a SYN without an answer; default: 4m or longer (RFC 5382 REQ-5)'),
  tcp_syn_recv: timer('a SYN with an answer that is not confirmed; default: 4m or longer'),
  tcp_established: timer('an open connection; default: 124m or longer (RFC 5382 REQ-5)'),
  tcp_fin_wait: timer('one end is done; default: 4m or longer'),
  tcp_close_wait: timer('the other end knows; default: 4m or longer'),
  tcp_last_ack: timer('both ends are done; default: 4m or longer'),
  tcp_time_wait: timer('both ends know; default: as it is'),
  tcp_close: timer('reset; default: as it is (RFC 7857 section 2.2 recommends 4m)'),
  tcp_max_retrans: timer('segments are repeated again and again; default: as it is'),
  tcp_unacknowledged: timer('data is on its way; default: as it is'),
}

const conntrackShape: z.ZodType<ConntrackEntry> = z
  .strictObject({ max: maxShape.exactOptional(), timeouts: z.strictObject(optional(timeoutShapes)).exactOptional() })
  .meta({ description: 'what the kernel remembers of connections, and for how long' })

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
    conntrack: conntrackShape.exactOptional(),
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
