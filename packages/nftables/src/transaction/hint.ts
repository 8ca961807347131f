import type { Expression } from '../expr/index.ts'
import type { KernelObject, KernelRule, WrittenElements } from '../messages/index.ts'
import { describe } from './describe.ts'
import type { BatchMessage, Operation } from './operation.ts'

/** Where in a message the fault lies: the path that the kernel's offset leads to. */
export type Path = readonly string[]

/** What a refusal means, as far as that can be told from the message; undefined: no more than the errno says. */
export function hintFor(code: string, path: Path, message: BatchMessage): string | undefined {
  const { operation } = message
  const object = describe(operation)
  const part = partOf(path, message)
  const where = part === undefined ? object : `${part} in ${object}`
  switch (code) {
    case 'ENOENT':
      if (operation.kind === 'flowtable' && path.length === 0) return noFlowtables
      return missing(path, operation) ?? missingReference(path, operation) ?? (part && `${where} does not exist`)
    case 'EEXIST':
      return `${where} exists already${operation.kind === 'elements' ? ', or overlaps one that does' : ''}`
    case 'EBUSY':
      return `${where} is in use, and cannot be deleted or changed in this way`
    case 'ENFILE':
      return `there is no more room in the set (${where})`
    case 'ELOOP':
      return `the jumps between chains go in a circle (${where})`
    case 'EMLINK':
      return `the chains jump more than 16 levels deep (${where})`
    case 'ENODATA':
      return `${where} reads a register that nothing before it has filled`
    case 'EOPNOTSUPP':
      return `this kernel cannot do that, or not in this kind of table or chain (${where})`
    default:
      return part && `the kernel does not accept ${where}`
  }
}

const noFlowtables = 'this kernel has no flowtables for this family (CONFIG_NF_FLOW_TABLE_INET, CONFIG_NF_FLOW_TABLE)'

/** Attributes that name something that must exist, and what that is. */
function missing(path: Path, { value }: Operation): string | undefined {
  const { family } = value
  const table = 'table' in value ? value.table : value.name
  const inside = `in table ${family} ${table}`
  const names = value as { name?: string; chain?: string; set?: string; handle?: bigint; position?: bigint }
  switch (path.at(-1)) {
    case 'NFTA_TABLE_NAME':
    case 'NFTA_CHAIN_TABLE':
    case 'NFTA_RULE_TABLE':
    case 'NFTA_SET_TABLE':
    case 'NFTA_SET_ELEM_LIST_TABLE':
    case 'NFTA_OBJ_TABLE':
    case 'NFTA_FLOWTABLE_TABLE':
      return `no table ${family} ${table}`
    case 'NFTA_RULE_CHAIN':
      return `no chain '${names.chain}' ${inside}`
    case 'NFTA_CHAIN_NAME':
      return `no chain '${names.name}' ${inside}`
    case 'NFTA_SET_NAME':
      return `no set '${names.name}' ${inside}`
    case 'NFTA_FLOWTABLE_NAME':
      return `no flowtable '${names.name}' ${inside}`
    case 'NFTA_FLOWTABLE_HOOK_DEVS':
      return `a device of flowtable ${names.name} ${inside} does not exist`
    case 'NFTA_SET_ELEM_LIST_SET':
      return `no set '${names.set}' ${inside}`
    case 'NFTA_OBJ_NAME':
      return `no ${kindOfObject(value)} '${names.name}' ${inside}`
    case 'NFTA_RULE_HANDLE':
      return `no rule with handle ${names.handle} in chain '${names.chain}' of table ${family} ${table}`
    case 'NFTA_RULE_POSITION':
      return `no rule with handle ${names.position} in chain '${names.chain}' of table ${family} ${table}`
    default:
      return undefined
  }
}

function kindOfObject(value: object): string {
  if ('type' in value) return String(value.type)
  const { data } = value as KernelObject
  return data.expr === 'unknown' ? data.name : data.expr
}

/** Of an expression of a rule: the set, chain or object that it names. */
function missingReference(path: Path, { kind, value }: Operation): string | undefined {
  const index = indexIn('NFTA_RULE_EXPRESSIONS', path)
  if (kind !== 'rule' || index === undefined) return undefined
  const { expressions, family, table } = value as KernelRule
  const expression = expressions[index]!
  const reference = referenceOf(expression)
  const name = expression.expr === 'unknown' ? expression.name : expression.expr
  if (reference === undefined) return `the kernel has no expression '${name}', or not what it refers to`
  return `no ${reference} in table ${family} ${table}, which expression ${index + 1} (${name}) of a rule refers to`
}

function referenceOf(expression: Expression): string | undefined {
  if (expression.expr === 'lookup') return `set '${expression.set}'`
  if (expression.expr === 'dynset') return `set '${expression.setName}'`
  if (expression.expr === 'objref')
    return `${expression.immType ?? 'map'} '${expression.immName ?? expression.setName}'`
  const chain = expression.expr === 'immediate' ? expression.data.verdict?.chain : undefined
  return chain === undefined ? undefined : `chain '${chain}'`
}

/** "expression 3 (nat)" or "element 12 (key 0a000001)", when the path leads into a list. */
function partOf(path: Path, { operation, firstElement }: BatchMessage): string | undefined {
  const expression = indexIn('NFTA_RULE_EXPRESSIONS', path)
  if (expression !== undefined) return expressionPart(operation.value as KernelRule, expression)
  const element = indexIn('NFTA_SET_ELEM_LIST_ELEMENTS', path)
  return element === undefined ? undefined : elementPart(operation.value as WrittenElements, firstElement + element)
}

/** Which item of a list the path goes through. */
function indexIn(list: string, path: Path): number | undefined {
  const at = path.indexOf(list)
  const index = at === -1 ? undefined : /^\[(\d+)\]$/.exec(path[at + 1] ?? '')?.[1]
  return index === undefined ? undefined : Number(index)
}

function expressionPart({ expressions }: KernelRule, index: number): string {
  const expression = expressions[index]
  return `expression ${index + 1} (${expression?.expr === 'unknown' ? expression.name : expression?.expr})`
}

function elementPart({ elements }: WrittenElements, index: number): string {
  const key = elements.at(index)?.key
  return `element ${index + 1}${key === undefined ? '' : ` (key ${Buffer.from(key).toString('hex')})`}`
}
