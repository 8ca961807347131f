import { ModelError } from './error.ts'
import { NumberField, type Selector, ValueField } from './selector.ts'
import type { ExthdrSource, HashSource } from './source.ts'
import { WritableField } from './writable.ts'

export interface HashOptions {
  /** The hash is from 0 to this, less one. */
  readonly modulus: number
  /** Added to it. Default: 0. */
  readonly offset?: number
}

/** `numgen inc mod 3` (`incremental`: 0, 1, 2, 0, …) or `numgen random mod 3`. */
export function numgen(type: 'incremental' | 'random', { modulus, offset = 0 }: HashOptions): NumberField<'number32'> {
  checkModulus(modulus, offset)
  const word = type === 'incremental' ? 'inc' : 'random'
  return new NumberField(
    'number32',
    { from: 'numgen', type, modulus, offset },
    `numgen ${word} mod ${modulus}${offsetText(offset)}`,
  )
}

/** `jhash ip saddr . tcp dport mod 7`: the same value gives the same number. Without a `seed` the kernel draws one. */
export function jhash(
  selector: Selector,
  { modulus, offset = 0, seed }: HashOptions & { readonly seed?: number },
): NumberField<'number32'> {
  checkModulus(modulus, offset)
  const seeded = seed === undefined ? '' : ` seed 0x${seed.toString(16)}`
  const text = `jhash ${selector.text} mod ${modulus}${seeded}${offsetText(offset)}`
  return hashField({ from: 'hash', selector, modulus, seed, offset }, text)
}

/** `symhash mod 7`: the same for both directions of a flow. */
export function symhash({ modulus, offset = 0 }: HashOptions): NumberField<'number32'> {
  checkModulus(modulus, offset)
  const text = `symhash mod ${modulus}${offsetText(offset)}`
  return hashField({ from: 'hash', selector: undefined, modulus, seed: undefined, offset }, text)
}

function hashField(source: HashSource, text: string): NumberField<'number32'> {
  return new NumberField('number32', source, text)
}

const offsetText = (offset: number): string => (offset === 0 ? '' : ` offset ${offset}`)

function checkModulus(modulus: number, offset: number): void {
  if (!Number.isInteger(modulus) || modulus < 1 || !Number.isInteger(offset) || modulus + offset > 0xffffffff) {
    throw new ModelError(`modulus ${modulus}, offset ${offset}`, 'give whole numbers, the modulus from 1 on')
  }
}

/** Of the local socket that the packet is for (`nft socket …`). */
export const socket: {
  readonly transparent: ValueField<'number8'>
  readonly wildcard: ValueField<'number8'>
  readonly mark: NumberField<'mark'>
} = {
  transparent: new ValueField('number8', { from: 'socket', key: 'transparent' }, 'socket transparent'),
  wildcard: new ValueField('number8', { from: 'socket', key: 'wildcard' }, 'socket wildcard'),
  mark: new NumberField('mark', { from: 'socket', key: 'mark' }, 'socket mark'),
}

const osfWords = { true: '', less: 'ttl loose ', nocheck: 'ttl skip ' } as const

/** The operating system that sent a SYN, by its fingerprint: `osf().eq('Linux')`. */
export function osf(
  options: { readonly ttl?: keyof typeof osfWords; readonly version?: boolean } = {},
): ValueField<'string'> {
  const { ttl = 'true', version = false } = options
  return new ValueField('string', { from: 'osf', ttl, version }, `osf ${osfWords[ttl]}${version ? 'version' : 'name'}`)
}

/** Of the route that the packet has (`rt …`). */
export const route: {
  readonly classid: NumberField<'realm'>
  readonly nexthop: ValueField<'ipv4_addr'>
  readonly nexthop6: ValueField<'ipv6_addr'>
  /** Maximum segment size that the route allows, bytes. */
  readonly mtu: NumberField<'number16'>
  readonly ipsec: ValueField<'boolean'>
} = {
  classid: new NumberField('realm', { from: 'rt', key: 'classid' }, 'rt classid'),
  nexthop: new ValueField('ipv4_addr', { from: 'rt', key: 'nexthop4' }, 'rt ip nexthop'),
  nexthop6: new ValueField('ipv6_addr', { from: 'rt', key: 'nexthop6' }, 'rt ip6 nexthop'),
  mtu: new NumberField('number16', { from: 'rt', key: 'tcpmss' }, 'rt mtu'),
  ipsec: new ValueField('boolean', { from: 'rt', key: 'xfrm' }, 'rt ipsec'),
}

/** Of the IPsec state: `ipsec('in').reqid`. `spnum`: which transformation, from 0. */
export function ipsec(
  direction: 'in' | 'out',
  spnum = 0,
): {
  readonly reqid: NumberField<'number32'>
  readonly spi: NumberField<'integer32'>
  readonly ip: { readonly saddr: ValueField<'ipv4_addr'>; readonly daddr: ValueField<'ipv4_addr'> }
  readonly ip6: { readonly saddr: ValueField<'ipv6_addr'>; readonly daddr: ValueField<'ipv6_addr'> }
} {
  const text = `ipsec ${direction}${spnum === 0 ? '' : ` spnum ${spnum}`}`
  const common = { from: 'xfrm', direction, spnum } as const
  return {
    reqid: new NumberField('number32', { ...common, key: 'reqid' }, `${text} reqid`),
    spi: new NumberField('integer32', { ...common, key: 'spi' }, `${text} spi`),
    ip: {
      saddr: new ValueField('ipv4_addr', { ...common, key: 'saddr_ip4' }, `${text} ip saddr`),
      daddr: new ValueField('ipv4_addr', { ...common, key: 'daddr_ip4' }, `${text} ip daddr`),
    },
    ip6: {
      saddr: new ValueField('ipv6_addr', { ...common, key: 'saddr_ip6' }, `${text} ip6 saddr`),
      daddr: new ValueField('ipv6_addr', { ...common, key: 'daddr_ip6' }, `${text} ip6 daddr`),
    },
  }
}

const integers = { 8: 'integer8', 16: 'integer16', 32: 'integer32', 64: 'integer64', 128: 'integer128' } as const

/** Bytes of a header wherever they are: `@th,16,16`. In bits, whole bytes of them. */
export function raw<N extends keyof typeof integers>(
  base: 'link' | 'network' | 'transport' | 'inner',
  offset: number,
  length: N,
): WritableField<(typeof integers)[N]> {
  if (offset % 8 !== 0 || integers[length] === undefined) {
    throw new ModelError(`${length} bits from bit ${offset}`, 'give whole bytes: 8, 16, 32, 64 or 128 bits')
  }
  const word = { link: 'll', network: 'nh', transport: 'th', inner: 'ih' }[base]
  return new WritableField<(typeof integers)[N]>(
    integers[length],
    { from: 'payload', protocol: 'raw', base, offset: offset / 8, length: length / 8, field: 0 },
    `@${word},${offset},${length}`,
  )
}

/** Is the header or option there? */
export function presence(
  source: Omit<ExthdrSource, 'from' | 'present' | 'length'>,
  text: string,
): ValueField<'boolean'> {
  return new ValueField('boolean', { ...source, from: 'exthdr', length: 1, present: true }, text)
}
