import { isIPv4, isIPv6 } from 'node:net'
import { parsePrefix } from '@sallyport/linux'
import { type Duration, milliseconds } from '../link/duration.ts'
import { bitsPerSecond, type Rate } from '../link/rate.ts'
import { type Kind, plain } from './kind.ts'

const DURATION = '^\\d+(\\.\\d+)?(us|ms|s|m|h)$'
const RATE = '^\\d+(\\.\\d+)?(bit|kbit|mbit|gbit)$'
const IPV4 = '^(\\d{1,3}\\.){3}\\d{1,3}$'

/** As it is written: '20ms' stays '20ms', since the model holds the words too. */
export function duration(what: string, description: string): Kind<Duration> {
  return plain('either', checked(milliseconds, what), {
    description,
    anyOf: [
      { type: 'number', minimum: 0 },
      { type: 'string', pattern: DURATION },
    ],
    examples: ['20ms', '1.5s'],
  })
}

export function rate(what: string, description: string): Kind<Rate> {
  return plain('either', checked(bitsPerSecond, what), {
    description,
    anyOf: [
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'string', pattern: RATE },
    ],
    examples: ['50mbit', '200kbit'],
  })
}

function checked<T>(check: (value: T, what: string) => unknown, what: string): (value: T) => T {
  return (value) => {
    check(value, what)
    return value
  }
}

/** 0 to 1. */
export function share(description: string): Kind<number> {
  return plain(
    'number',
    (value: number) => {
      if (value >= 0 && value <= 1) return value
      throw new RangeError(`${value} is no share; write 0.01 for 1 %`)
    },
    { type: 'number', minimum: 0, maximum: 1, description, examples: [0.01] },
  )
}

/** More than `least`, or as much. */
export function atLeast(least: number, description: string): Kind<number> {
  return plain(
    'number',
    (value: number) => {
      if (value >= least && Number.isFinite(value)) return value
      throw new RangeError(`${value} is too little; write ${least} or more`)
    },
    { type: 'number', minimum: least, description, examples: [least] },
  )
}

export function ipv4Address(description: string): Kind<string> {
  return plain(
    'string',
    (value: string) => {
      if (isIPv4(value)) return value
      throw new RangeError(`"${value}" is no IPv4 address; write one without prefix length, such as 192.168.1.10`)
    },
    { type: 'string', pattern: IPV4, description, examples: ['192.168.1.10'] },
  )
}

/** Of a LAN: room for a router and a host, so /30 at the longest. */
export function ipv4Prefix(description: string): Kind<string> {
  return plain('string', checked(checkPrefix, 'lan'), {
    type: 'string',
    pattern: `${IPV4.slice(0, -1)}/\\d{1,2}$|^none$`,
    description,
    examples: ['192.168.1.0/24', 'none'],
  })
}

function checkPrefix(value: string): void {
  if (value === 'none') return
  const [address = '', length = ''] = value.split('/')
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length) || Number(length) > 32) {
    throw new RangeError(`"${value}" is no IPv4 prefix; write one such as 192.168.1.0/24, or none`)
  }
  parsePrefix(value)
  if (Number(length) < 8 || Number(length) > 30)
    throw new RangeError(`a LAN of /${length} does not do; write a prefix length from 8 to 30`)
}

/** Of a router and all that is behind it: from /32, which a provider has, to /64, which a LAN has. */
export function ipv6Prefix(description: string): Kind<string> {
  return plain('string', checked(checkIpv6Prefix, 'delegated'), {
    type: 'string',
    pattern: '^[0-9a-fA-F:.]+/\\d{2}$',
    description,
    examples: ['2001:db8:7::/48'],
  })
}

function checkIpv6Prefix(value: string): void {
  const [address = '', length = ''] = value.split('/')
  if (!isIPv6(address) || !/^\d{1,3}$/.test(length) || Number(length) > 128)
    throw new RangeError(`"${value}" is no IPv6 prefix; write one such as 2001:db8:7::/48`)
  if (Number(length) < 32 || Number(length) > 64)
    throw new RangeError(`a /${length} is not delegated; write a prefix length from 32 to 64`)
}

export function text(description: string, example: string): Kind<string> {
  return plain(
    'string',
    (value: string) => {
      if (value !== '') return value
      throw new RangeError(`there is nothing between the quotes; write for example ${example}`)
    },
    { type: 'string', minLength: 1, description, examples: [example] },
  )
}
