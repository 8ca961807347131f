import { datatype } from '../model/datatype.ts'
import { formatDuration } from '../model/duration.ts'
import type { DynamicUpdate } from '../model/dynamic.ts'
import { formatInterval } from '../model/interval.ts'
import { formatKeyValue } from '../model/key.ts'
import type { Compare, Flags, SetLookup } from '../model/match.ts'
import { isAddressAndPort, type Masquerade, type Nat, type Redirect } from '../model/nat.ts'
import type { ParsedOperand } from '../model/operand.ts'
import { formatRate } from '../model/rate.ts'
import type { Rule } from '../model/rule.ts'
import { AnonymousSet, type MapDefinition, type SetDefinition } from '../model/set.ts'
import type { LogFlag, LogPacket, Refuse, Statement } from '../model/statement.ts'
import { printAction } from './action.ts'
import { printElements } from './set.ts'
import { printVerdict } from './verdict.ts'

/** One rule as one line, without its chain. */
export function printRule({ statements, comment }: Rule): string {
  const parts = statements.map(printStatement)
  return [...parts, ...(comment === undefined ? [] : [`comment "${comment}"`])].join(' ')
}

export function printStatement(statement: Statement): string {
  switch (statement.statement) {
    case 'compare':
      return printCompare(statement)
    case 'flags':
      return printFlags(statement)
    case 'lookup':
      return printLookup(statement)
    case 'vmap':
      return `${statement.selector.text} vmap ${printReference(statement.map)}`
    case 'verdict':
      return printVerdict(statement)
    case 'counter':
      return statement.object === undefined ? 'counter' : `counter name "${statement.object.name}"`
    case 'limit':
      return `limit ${formatRate(statement.rate)}`
    case 'log':
      return printLog(statement)
    case 'reject':
      return printReject(statement)
    case 'notrack':
      return 'notrack'
    case 'nat':
      return printNat(statement)
    case 'masquerade':
    case 'redirect':
      return printPorts(statement)
    case 'dynamic':
      return printDynamic(statement)
    case 'set':
      return `${statement.target.text} set ${printOperand(statement.value)}`
    case 'maxseg':
      return `tcp option maxseg size set ${statement.size === 'route' ? 'rt mtu' : statement.size}`
    default:
      return printAction(statement, printOperand)
  }
}

function printCompare({ selector, operator, value, mask }: Compare): string {
  const text = formatInterval(selector.type, value)
  if (mask !== undefined) return `${selector.text} & ${datatype(selector.type).format(mask)} ${operator} ${text}`
  return operator === '==' ? `${selector.text} ${text}` : `${selector.text} ${operator} ${text}`
}

function printFlags({ selector, test, mask, value }: Flags): string {
  const type = datatype(selector.type)
  const flags = (bits: bigint): string => (bits === 0n ? '0' : parenthesized(type.format(bits)))
  if (test === 'any') return `${selector.text} ${type.format(mask).replaceAll('|', ',')}`
  if (value === 0n && !type.format(mask).includes('|')) return `${selector.text} ! ${type.format(mask)}`
  return `${selector.text} & ${flags(mask)} == ${flags(value)}`
}

const parenthesized = (text: string): string => (text.includes('|') ? `(${text.replaceAll('|', ' | ')})` : text)

function printLookup({ selector, set, inverted }: SetLookup): string {
  return `${selector.text} ${inverted ? '!= ' : ''}${printReference(set)}`
}

function printReference(set: SetDefinition | MapDefinition | AnonymousSet): string {
  return set instanceof AnonymousSet ? printElements(set) : `@${set.name}`
}

function printOperand(operand: ParsedOperand): string {
  switch (operand.operand) {
    case 'constant':
      return formatKeyValue(operand.type, operand.value)
    case 'selector':
      return operand.text
    case 'computed':
      return operand.text
    case 'lookup':
      return `${operand.selector.text} map ${printReference(operand.map)}`
  }
}

function printNat({ kind, family, address, prefix, port, options }: Nat): string {
  const brackets = family === 'ip6' && port !== undefined && address.operand === 'constant'
  const text = brackets ? `[${printOperand(address)}]` : printOperand(address)
  const to = port === undefined || isAddressAndPort(address) ? text : `${text}:${printOperand(port)}`
  return [`${kind} ${family}${prefix ? ' prefix' : ''} to ${to}`, ...printOptions(options)].join(' ')
}

function printPorts({ statement, port, options }: Masquerade | Redirect): string {
  const to = port === undefined ? [] : [`to :${printOperand(port)}`]
  return [statement, ...to, ...printOptions(options)].join(' ')
}

const printOptions = (options: Nat['options']): string[] => (options.length === 0 ? [] : [options.join(',')])

function printDynamic({ operation, set, key, value, timeout, limit, counter }: DynamicUpdate): string {
  const element = [
    key.text,
    ...(timeout === undefined ? [] : [`timeout ${formatDuration(timeout)}`]),
    ...(limit === undefined ? [] : [`limit ${formatRate(limit)}`]),
    ...(counter ? ['counter'] : []),
    ...(value === undefined ? [] : [`: ${printOperand(value)}`]),
  ]
  return `${operation} @${set.name} { ${element.join(' ')} }`
}

function printLog({ prefix, group, snaplen, queueThreshold, level, flags = [] }: LogPacket): string {
  return [
    'log',
    ...(prefix === undefined ? [] : [`prefix "${prefix}"`]),
    ...(group === undefined ? [] : [`group ${group}`]),
    ...(snaplen === undefined ? [] : [`snaplen ${snaplen}`]),
    ...(queueThreshold === undefined ? [] : [`queue-threshold ${queueThreshold}`]),
    ...(level === undefined ? [] : [`level ${level}`]),
    ...printLogFlags(flags),
  ].join(' ')
}

function printLogFlags(flags: readonly LogFlag[]): string[] {
  if (flags.length === 5) return ['flags all']
  const tcp = flags.filter((flag) => flag.startsWith('tcp ')).map((flag) => flag.slice(4))
  const rest = flags.filter((flag) => !flag.startsWith('tcp ')).map((flag) => `flags ${flag}`)
  return [...(tcp.length > 0 ? [`flags tcp ${tcp.join(',')}`] : []), ...rest]
}

/** The default is the family's own, which is what nft means by the bare word. */
function printReject({ with: kind, code }: Refuse): string {
  return kind === 'icmpx' && code === 'port-unreachable' ? 'reject' : `reject with ${kind} ${code}`
}
