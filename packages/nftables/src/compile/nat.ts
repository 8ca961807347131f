import type { Expression, NatFlag } from '../expr/index.ts'
import { ModelError } from '../model/error.ts'
import { isSingleValue } from '../model/key.ts'
import { isAddressAndPort, type Masquerade, type Nat, type NatOption, type Redirect } from '../model/nat.ts'
import type { ParsedOperand } from '../model/operand.ts'
import type { Context } from './context.ts'
import { compileOperand, immediate } from './operand.ts'
import { Registers, register } from './registers.ts'

const optionFlags: Readonly<Record<NatOption, NatFlag>> = {
  random: 'random',
  'fully-random': 'fully_random',
  persistent: 'persistent',
}

const netmap: { flags: NatFlag[] } = { flags: ['netmap'] }

/** A value or a range in registers: the expressions, and the registers with its ends. */
interface Ends {
  readonly expressions: Expression[]
  readonly min: number
  readonly max?: number
}

function compileEnds(operand: ParsedOperand, registers: Registers, context: Context): Ends {
  const slot = registers.take()
  if (operand.operand !== 'constant' || isSingleValue(operand.value)) {
    return { expressions: compileOperand(operand, slot, context), min: slot }
  }
  const upper = registers.take()
  const expressions = [...immediate(operand, slot, 'first'), ...immediate(operand, upper, 'last')]
  return { expressions, min: slot, max: upper }
}

export function compileNat(statement: Nat, context: Context): Expression[] {
  const { kind: type, family, address, prefix, port, options } = statement
  checkFamily(family, context)
  const joint = isAddressAndPort(address)
  if (port !== undefined || (joint && !bringsTransport(address))) checkTransport(context)
  const registers = new Registers()
  const target = compileEnds(address, registers, context)
  const ports = port && compileEnds(port, registers, context)
  return [
    ...target.expressions,
    ...(ports?.expressions ?? []),
    {
      expr: 'nat',
      type,
      family,
      regAddrMin: register(target.min),
      ...(target.max !== undefined && { regAddrMax: register(target.max) }),
      ...(joint && { regProtoMin: register(target.min + (family === 'ip' ? 1 : 4)) }),
      ...protoRegisters(ports),
      ...(prefix ? netmap : flagsOf(options, ports !== undefined)),
    },
  ]
}

export function compileMasquerade({ port, options }: Masquerade, context: Context): Expression[] {
  const ports = compilePorts(port, context)
  const flags = flagsOf(options, ports !== undefined)
  return [...(ports?.expressions ?? []), { expr: 'masq', ...protoRegisters(ports), ...flags }]
}

export function compileRedirect({ port, options }: Redirect, context: Context): Expression[] {
  const ports = compilePorts(port, context)
  const flags = flagsOf(options, ports !== undefined)
  return [...(ports?.expressions ?? []), { expr: 'redir', ...protoRegisters(ports), ...flags }]
}

function compilePorts(port: ParsedOperand | undefined, context: Context): Ends | undefined {
  if (port === undefined) return undefined
  checkTransport(context)
  return compileEnds(port, new Registers(), context)
}

function protoRegisters(ports: Ends | undefined): { regProtoMin?: number; regProtoMax?: number } {
  if (ports === undefined) return {}
  return {
    regProtoMin: register(ports.min),
    ...(ports.max !== undefined && { regProtoMax: register(ports.max) }),
  }
}

function flagsOf(options: readonly NatOption[], ports: boolean): { flags?: NatFlag[] } {
  const flags: NatFlag[] = [
    ...(ports ? (['proto_specified'] as const) : []),
    ...options.map((each) => optionFlags[each]),
  ]
  return flags.length === 0 ? {} : { flags }
}

/** nft takes a port only behind a match of a transport protocol: other packets have none. */
function checkTransport(context: Context): void {
  if (context.protocols.knowsTransport) return
  throw new ModelError('NAT to a port of an unknown protocol', "put a match such as meta.l4proto.eq('udp') before it")
}

/** A map of a key with ports says by itself which packets have them; nft sees it in maps without intervals. */
function bringsTransport(address: ParsedOperand): boolean {
  if (address.operand !== 'lookup' || address.map.isInterval) return false
  const { selector } = address
  return selector.fields.some(({ source }) => {
    if (source.from !== 'payload' || source.base !== 'transport') return false
    return selector.source.from === 'concat' || source.protocol !== 'th'
  })
}

function checkFamily(family: 'ip' | 'ip6', { table }: Context): void {
  if (table.family === 'inet' || table.family === family) return
  throw new ModelError(`NAT to an ${family} address in a table of family ${table.family}`)
}
