import type { Elsewhere, ToQueue, TransparentProxy } from '../model/action.ts'
import type { ObjectDefinition, ObjectKind, ParsedQuota, SynproxyOptions } from '../model/object.ts'
import type { ParsedOperand } from '../model/operand.ts'
import type { Statement } from '../model/statement.ts'

type Print = (operand: ParsedOperand) => string

type Kind =
  | 'quota'
  | 'object'
  | 'objectMap'
  | 'connections'
  | 'queue'
  | 'tproxy'
  | 'dup'
  | 'fwd'
  | 'synproxy'
  | 'flow'
  | 'removeOption'

/** Statements that hand packets elsewhere, or refer to things of the table. */
export function printAction(statement: Extract<Statement, { statement: Kind }>, print: Print): string {
  switch (statement.statement) {
    case 'quota':
      return `quota ${printQuota(statement)}`
    case 'object':
      return printReference(statement.object)
    case 'objectMap':
      return `${printKind(statement.map.value)} ${statement.selector.text} map @${statement.map.name}`
    case 'connections':
      return `ct count ${statement.over ? 'over ' : ''}${statement.count}`
    case 'queue':
      return printQueue(statement, print)
    case 'tproxy':
      return printTproxy(statement, print)
    case 'dup':
    case 'fwd':
      return printElsewhere(statement, print)
    case 'synproxy':
      return ['synproxy', ...synproxyWords(statement)].join(' ')
    case 'flow':
      return `flow add @${statement.flowtable.name}`
    case 'removeOption':
      return `reset tcp option ${statement.word}`
  }
}

export function printQuota({ bytes, over, used }: ParsedQuota): string {
  return `${over ? 'over ' : ''}${bytes} bytes${used === 0n ? '' : ` used ${used} bytes`}`
}

export function synproxyWords({ mss, wscale, timestamp, sackPermitted }: SynproxyOptions): string[] {
  return [
    ...(mss === undefined ? [] : [`mss ${mss}`]),
    ...(wscale === undefined ? [] : [`wscale ${wscale}`]),
    ...(timestamp ? ['timestamp'] : []),
    ...(sackPermitted ? ['sack-perm'] : []),
  ]
}

function printReference({ object, name }: ObjectDefinition): string {
  return `${printKind(object)} "${name}"`
}

/** The words before the name of an object. */
function printKind(kind: ObjectKind): string {
  switch (kind) {
    case 'ct_helper':
      return 'ct helper set'
    case 'ct_timeout':
      return 'ct timeout set'
    case 'ct_expect':
      return 'ct expectation set'
    default:
      return `${kind} name`
  }
}

function printQueue({ first, last, to, bypass, fanout }: ToQueue, print: Print): string {
  const flags = [...(bypass ? ['bypass'] : []), ...(fanout ? ['fanout'] : [])]
  const target = to === undefined ? (first === last ? String(first) : `${first}-${last}`) : print(to)
  return `queue ${flags.length > 0 ? `flags ${flags.join(',')} ` : ''}to ${target}`
}

function printTproxy({ family, address, port }: TransparentProxy, print: Print): string {
  const host = address === undefined ? '' : family === 'ip6' && port ? `[${print(address)}]` : print(address)
  return `tproxy ${family === undefined ? '' : `${family} `}to ${host}${port === undefined ? '' : `:${print(port)}`}`
}

function printElsewhere({ statement, family, address, device }: Elsewhere, print: Print): string {
  if (address === undefined) return `${statement} to ${print(device!)}`
  const word = statement === 'fwd' ? `fwd ${family} to` : 'dup to'
  return `${word} ${print(address)}${device === undefined ? '' : ` device ${print(device)}`}`
}
