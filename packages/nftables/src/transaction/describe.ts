import { commentOf, type KernelRule, type WrittenElements } from '../messages/index.ts'
import type { Forms, Operation } from './operation.ts'

/** What an operation is about, as a person names it: "chain input in table inet filter". */
export function describe({ kind, value, verb }: Operation): string {
  if (kind === 'table') return `table ${value.family} ${(value as Forms['table']).name}`
  const inside = `in table ${value.family} ${(value as { table: string }).table}`
  if (kind === 'rule') return `${ruleName(value as Partial<KernelRule>, verb)} ${inside}`
  if (kind === 'elements') return `${elementsName(value as WrittenElements)} ${inside}`
  return `${kindName(kind, value)} ${(value as { name: string }).name} ${inside}`
}

function ruleName(rule: Partial<KernelRule>, verb: Operation['verb']): string {
  if (verb === 'delete' && rule.handle === undefined && rule.id === undefined) {
    return rule.chain === undefined ? 'all rules' : `all rules of chain ${rule.chain}`
  }
  const comment = commentOf({ userdata: rule.userdata })
  const which = comment !== undefined ? ` '${comment}'` : rule.handle !== undefined ? ` ${rule.handle}` : ''
  return `rule${which} of chain ${rule.chain}`
}

function elementsName({ elements, set }: WrittenElements): string {
  if (elements.length === 0) return `all elements of set ${set}`
  return `${elements.length} ${elements.length === 1 ? 'element' : 'elements'} of set ${set}`
}

function kindName(kind: string, value: object): string {
  if (kind === 'set') return 'dataType' in value || 'objType' in value ? 'map' : 'set'
  if (kind !== 'object') return kind
  if ('type' in value) return String(value.type)
  const { data } = value as Forms['object']
  return data.expr === 'unknown' ? data.name : data.expr
}
