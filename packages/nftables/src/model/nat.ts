import { isObjectKind, type MapType } from './element.ts'
import { ModelError } from './error.ts'
import type { Key } from './key.ts'
import { fieldTypes, isSingleValue } from './key.ts'
import { type MapLookup, type Operand, type ParsedOperand, parseOperand } from './operand.ts'

/** How the kernel picks from a range. `random`: among the free; `persistent`: the same for a client every time. */
export type NatOption = 'random' | 'fully-random' | 'persistent'

type Address = 'ipv4_addr' | 'ipv6_addr'

interface PortTarget {
  /** A port, a range, a selector or a map's answer. */
  readonly port?: Operand<'inet_service'>
  readonly options?: readonly NatOption[]
}

/** Where source or destination NAT leads: `to` is an address, a range, a selector, or a map that gives addresses. */
export interface NatTarget<A extends Address = Address> extends PortTarget {
  readonly to: Operand<A> | MapLookup<readonly [A, 'inet_service']>
  /**
   * Only the network part is replaced and the host part stays: `snat ip6 prefix to 2001:db8::/64`, one outside address
   * for one inside (NF_NAT_RANGE_NETMAP). `to` is a prefix then, and there is no port. Default false.
   */
  readonly prefix?: boolean
}

interface Parsed {
  readonly port: ParsedOperand | undefined
  readonly options: readonly NatOption[]
}

/** `dnat ip to …`, `snat ip to …` */
export interface Nat extends Parsed {
  readonly statement: 'nat'
  readonly kind: 'snat' | 'dnat'
  readonly family: 'ip' | 'ip6'
  readonly address: ParsedOperand
  readonly prefix: boolean
}

/** `masquerade to :…` */
export interface Masquerade extends Parsed {
  readonly statement: 'masquerade'
}

/** `redirect to :…` */
export interface Redirect extends Parsed {
  readonly statement: 'redirect'
}

/** Destination NAT. IPv4 when the target is, else `family: 'ip6'`. */
export function dnat(target: NatTarget<'ipv4_addr'>): Nat
export function dnat(target: NatTarget<'ipv6_addr'> & { readonly family: 'ip6' }): Nat
export function dnat(target: NatTarget & { readonly family?: 'ip6' }): Nat {
  return nat('dnat', target)
}

/** Source NAT. IPv4 when the target is, else `family: 'ip6'`. */
export function snat(target: NatTarget<'ipv4_addr'>): Nat
export function snat(target: NatTarget<'ipv6_addr'> & { readonly family: 'ip6' }): Nat
export function snat(target: NatTarget & { readonly family?: 'ip6' }): Nat {
  return nat('snat', target)
}

/** Source NAT to the address of the interface that the packet leaves by. */
export function masquerade(target: PortTarget = {}): Masquerade {
  return { statement: 'masquerade', ...parseTarget(target) }
}

/** Destination NAT to this machine. */
export function redirect(target: PortTarget = {}): Redirect {
  return { statement: 'redirect', ...parseTarget(target) }
}

function nat(kind: 'snat' | 'dnat', target: NatTarget & { readonly family?: 'ip6' }): Nat {
  const family = target.family ?? 'ip'
  const type = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'
  const address = parseOperand(type, target.to)
  checkAnswer(address, type, target.port !== undefined)
  const prefix = target.prefix ?? false
  if (prefix) checkPrefix(address, target)
  return { statement: 'nat', kind, family, address, prefix, ...parseTarget(target) }
}

function checkPrefix(address: ParsedOperand, { port, options = [] }: NatTarget): void {
  if (address.operand !== 'constant' || isSingleValue(address.value))
    throw new ModelError('NAT of a prefix leads to a prefix', "write to: '2001:db8::/64'")
  if (port !== undefined || options.length > 0)
    throw new ModelError('NAT of a prefix keeps the port', 'leave port and options out')
}

function parseTarget({ port, options = [] }: PortTarget): Parsed {
  const known: readonly NatOption[] = ['random', 'fully-random', 'persistent']
  for (const option of options) {
    if (!known.includes(option)) throw new ModelError(`'${option}' is no NAT option`, `use ${known.join(', ')}`)
  }
  const parsed = port === undefined ? undefined : parseOperand('inet_service', port)
  if (parsed !== undefined) checkAnswer(parsed, 'inet_service', true)
  return { port: parsed, options: known.filter((option) => options.includes(option)) }
}

function checkAnswer(operand: ParsedOperand, type: Key, portBeside: boolean): void {
  const types = operandTypes(operand.type)
  const withPort = types.length === 2 && types[1] === 'inet_service' && operand.operand === 'lookup' && !portBeside
  if (types[0] === type && (types.length === 1 || withPort)) return
  throw new ModelError(`NAT to ${types.join(' . ')} where ${String(type)} is expected`)
}

function operandTypes(type: MapType): readonly string[] {
  return type === 'verdict' || isObjectKind(type) ? [type] : fieldTypes(type)
}

/** Does the address come with its port, from a map of `addr . port`? */
export function isAddressAndPort(address: ParsedOperand): boolean {
  return operandTypes(address.type).length === 2
}
