import type { Behaviour, BehaviourOptions, Dependence, Ports, ProtocolBehaviour, Timeouts } from './behaviour.ts'
import { NatError } from './error.ts'

const dependences: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent']

/** What may be written where: the words of RFC 4787. */
export const words: {
  readonly mapping: readonly Dependence[]
  readonly filtering: readonly Dependence[]
  readonly ports: readonly Extract<Ports, string>[]
  readonly refresh: readonly ProtocolBehaviour['refresh'][]
  readonly hairpin: readonly Behaviour['hairpin'][]
  readonly pooling: readonly Behaviour['pooling'][]
  readonly unsolicited: readonly Behaviour['unsolicited'][]
} = {
  mapping: dependences,
  filtering: dependences,
  ports: ['preserve', 'parity', 'random', 'sequential'],
  refresh: ['outbound', 'both'],
  hairpin: ['external-source', 'internal-source', 'none'],
  pooling: ['paired', 'arbitrary'],
  unsolicited: ['drop', 'remember'],
}

type Check = (value: unknown, where: string) => void

function oneOf(known: readonly string[]): Check {
  return (value, where) => {
    if (!known.includes(value as string)) throw bad(where, value, `write ${known.join(', ')}`)
  }
}

function keysOf(checks: Readonly<Record<string, Check>>): Check {
  return (value, where) => {
    if (typeof value !== 'object' || value === null) throw bad(where, value, `write { ${Object.keys(checks)[0]}: … }`)
    for (const [key, each] of Object.entries(value)) {
      const check = Object.hasOwn(checks, key) ? checks[key] : undefined
      if (check === undefined) throw bad(where, key, `known are ${Object.keys(checks).join(', ')}`)
      if (each !== undefined) check(each, `${where}.${key}`)
    }
  }
}

const protocol = {
  mapping: oneOf(words.mapping),
  filtering: oneOf(words.filtering),
  ports: (value, where) => {
    if (typeof value === 'object') range(value, where)
    else oneOf(words.ports)(value, where)
  },
  overloading: (value, where) => {
    if (typeof value !== 'boolean') throw bad(where, value, 'write true or false')
  },
  refresh: oneOf(words.refresh),
} satisfies Record<keyof ProtocolBehaviour, Check>

function range(value: object | null, where: string): void {
  const [first, last] = ((value as { range?: unknown } | null)?.range ?? []) as unknown[]
  const isPort = (port: unknown): port is number =>
    Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535
  if (!isPort(first) || !isPort(last) || first > last)
    throw bad(where, value, 'write { range: [1024, 2047] }, of ports from 1 to 65535')
}

const protocolOrNone: Check = (value, where) => {
  if (value !== 'blocked') keysOf(protocol)(value, where)
}

const seconds: Check = (value, where) => {
  if (!Number.isInteger(value) || Number(value) < 1) throw bad(where, value, 'write seconds, 1 or more')
}
const timeouts = {
  udp: seconds,
  udpStream: seconds,
  tcpEstablished: seconds,
  tcpTransitory: seconds,
  icmp: seconds,
} satisfies Record<keyof Timeouts, Check>

const all = keysOf({
  ...protocol,
  udp: protocolOrNone,
  tcp: protocolOrNone,
  hairpin: oneOf(words.hairpin),
  pooling: oneOf(words.pooling),
  unsolicited: oneOf(words.unsolicited),
  timeouts: keysOf(timeouts),
} satisfies Record<keyof BehaviourOptions, Check>)

/** Throws {@link NatError} for words that no type checker has seen: from JavaScript, or from somewhere else as JSON. */
export function checkWords(options: BehaviourOptions): void {
  all(options, 'nat')
}

function bad(where: string, value: unknown, hint: string): NatError {
  return new NatError(`${where}: ${JSON.stringify(value) ?? String(value)} is no word for a NAT; ${hint}`)
}
