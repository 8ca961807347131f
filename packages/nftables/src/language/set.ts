import { formatDuration } from '../model/duration.ts'
import { type Element, isObject, isObjectKind, isVerdict, type MapType } from '../model/element.ts'
import { formatKey, formatKeyValue, type Key } from '../model/key.ts'
import type { MapDefinition, SetDefinition } from '../model/set.ts'
import { printVerdict } from './verdict.ts'

/** What the text of an element depends on. */
interface Elements {
  readonly type: Key
  readonly value?: MapType | undefined
  readonly elements: readonly Element[]
}

/** A named set or map with its elements. */
export function printSet(set: SetDefinition | MapDefinition): string[] {
  const lines = [printType(set), ...printOptions(set)]
  if (set.elements.length > 0) lines.push(`elements = ${printElements(set)}`)
  return [`${set.kind} ${set.name} {`, ...lines.map((line) => `\t${line}`), '}']
}

function printType(set: SetDefinition | MapDefinition): string {
  const { typeof: like, valueTypeof } = set.options
  const key = like === undefined ? `type ${formatKey(set.type)}` : `typeof ${like.text}`
  if (set.kind === 'set') return key
  return `${key} : ${valueTypeof === undefined ? typeName(set.value) : valueTypeof.text}`
}

/** A kind of objects goes by its statement's words: `ct helper`. */
function typeName(value: MapType): string {
  if (value === 'ct_expect') return 'ct expectation'
  return value === 'verdict' || isObjectKind(value) ? value.replace('_', ' ') : formatKey(value)
}

function printOptions({ options }: SetDefinition | MapDefinition): string[] {
  const { size, flags, timeout, gcInterval, autoMerge, comment, counter } = options
  return [
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(flags.length === 0 ? [] : [`flags ${flags.join(',')}`]),
    ...(timeout === undefined ? [] : [`timeout ${formatDuration(timeout)}`]),
    ...(gcInterval === undefined ? [] : [`gc-interval ${formatDuration(gcInterval)}`]),
    ...(autoMerge ? ['auto-merge'] : []),
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
    ...(counter ? ['counter'] : []),
  ]
}

/** `{ 22, 80 }`, `{ "lan" : accept }` */
export function printElements(set: Elements): string {
  return `{ ${set.elements.map((element) => printElement(set, element)).join(', ')} }`
}

function printElement({ type, value }: Elements, element: Element): string {
  const { timeout, comment } = element
  return [
    formatKeyValue(type, element.key),
    ...(timeout === undefined ? [] : [`timeout ${formatDuration(timeout)}`]),
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
    ...(value === undefined ? [] : [`: ${printValue(value, element)}`]),
  ].join(' ')
}

function printValue(type: MapType, { value }: Element): string {
  if (isVerdict(value)) return printVerdict(value)
  if (isObject(value)) return `"${value.name}"`
  if (type === 'verdict' || isObjectKind(type) || value === undefined)
    throw new TypeError('a verdict map without a verdict')
  return formatKeyValue(type, value)
}
