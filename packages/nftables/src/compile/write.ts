import type { Expression, Payload } from '../expr/index.ts'
import { bigintToBytes } from '../model/address.ts'
import { ModelError } from '../model/error.ts'
import type { Field } from '../model/selector.ts'
import type { ExthdrSource, PayloadSource, Protocol } from '../model/source.ts'
import type { SetField } from '../model/writable.ts'
import type { Context } from './context.ts'
import { compileOperand } from './operand.ts'

/** `… set …`: the value goes to the first register, and from there to its place. */
export function compileSet({ target, value }: SetField, context: Context): Expression[] {
  const { source } = target
  switch (source.from) {
    case 'meta':
      return [...compileOperand(value, 0, context), { expr: 'meta', key: source.key, sreg: 1 }]
    case 'ct': {
      const { key, direction } = source
      return [...compileOperand(value, 0, context), { expr: 'ct', key, sreg: 1, ...(direction && { direction }) }]
    }
    case 'payload':
      return writePayload(target, source, value, context)
    case 'exthdr':
      return writeOption(source, value, context)
    default:
      throw new ModelError(`'${target.text}' cannot be set`)
  }
}

/** Where a header keeps its checksum, in bytes from its beginning. */
const checksums: Partial<Record<Protocol, number>> = {
  ip: 10,
  tcp: 16,
  udp: 6,
  udplite: 6,
  icmp: 2,
  icmpv6: 2,
  igmp: 2,
}

/** What the checksums of transport headers cover too. */
const pseudoHeader: ReadonlySet<string> = new Set(
  ['saddr', 'daddr', 'length', 'protocol', 'nexthdr'].flatMap((word) => [`ip ${word}`, `ip6 ${word}`]),
)

function checksumOf({ protocol }: PayloadSource, target: Field): Partial<Payload> {
  const at = checksums[protocol]
  const flags = pseudoHeader.has(target.text)
  return {
    ...(at !== undefined && { csumType: 'inet', csumOffset: at }),
    ...(flags && { csumFlags: ['pseudohdr'] as Payload['csumFlags'] }),
  } as Partial<Payload>
}

/** The checksum is made anew over pairs of bytes, so that only whole pairs can be written below one. */
function writePayload(target: Field, source: PayloadSource, value: SetField['value'], context: Context): Expression[] {
  context.before(context.need(target))
  const checksum = checksumOf(source, target)
  const { base, offset, length: len, bits } = source
  const paired = checksum.csumOffset === undefined || (offset % 2 === 0 && len % 2 === 0)
  if (paired && bits === undefined) {
    return [...compileOperand(value, 0, context), { expr: 'payload', sreg: 1, base, offset, len, ...checksum }]
  }
  if (value.operand !== 'constant') {
    throw new ModelError(`'${target.text}' can only be set to a value that is known`, 'it does not fill its bytes')
  }
  return writeBits(source, value.value[0]!.first, checksum)
}

/** Reads what is there, changes the bits of the field, and writes it back. */
function writeBits(source: PayloadSource, value: bigint, checksum: Partial<Payload>): Expression[] {
  const { base, bits } = source
  const pairs = checksum.csumOffset !== undefined
  const offset = pairs ? source.offset & ~1 : source.offset
  const end = source.offset + source.length
  const len = (pairs ? (end + 1) & ~1 : end) - offset
  const width = BigInt(bits?.width ?? 8 * source.length)
  const shift = BigInt((bits?.shift ?? 0) + 8 * (offset + len - end))
  const field = ((1n << width) - 1n) << shift
  const all = (1n << BigInt(8 * len)) - 1n
  const data = (number: bigint): { value: Uint8Array } => ({ value: bigintToBytes(number, len) })
  return [
    { expr: 'payload', base, offset, len, dreg: 1 },
    { expr: 'bitwise', sreg: 1, dreg: 1, len, mask: data(all ^ field), xor: data(value << shift) },
    { expr: 'payload', sreg: 1, base, offset, len, ...checksum },
  ]
}

function writeOption(source: ExthdrSource, value: SetField['value'], context: Context): Expression[] {
  const { op, type, offset, length: len } = source
  if (op !== 'tcpopt') throw new ModelError('only options of TCP can be set')
  return [...compileOperand(value, 0, context), { expr: 'exthdr', sreg: 1, type, offset, len, op }]
}
