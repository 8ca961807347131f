/** Plain data: what YAML and JSON have in common. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain | undefined }

const WIDTH = 100
/** What YAML 1.1 or 1.2 reads as something else than text. */
const RESERVED = /^(true|false|yes|no|on|off|y|n|null|nan|inf)$/i

/** Plain data as YAML 1.2: small maps and lists in one line, everything else in blocks. What is undefined is left out. */
export function emitYaml(value: Plain): string {
  return `${block(value, 0).join('\n')}\n`
}

function block(value: Plain, indent: number): string[] {
  const line = flow(value)
  if (!isMap(value) || fits(value, line, indent)) return [' '.repeat(indent) + line]
  return present(value).flatMap(([key, each]) => entry(scalar(key), each, indent))
}

function entry(key: string, value: Plain, indent: number): string[] {
  const head = `${' '.repeat(indent)}${key}:`
  const line = flow(value)
  if (!isMap(value) || fits(value, line, head.length + 1)) return [`${head} ${line}`]
  return [head, ...block(value, indent + 2)]
}

/** Maps of maps are read better in blocks, however short they are. */
function fits(map: Readonly<Record<string, Plain | undefined>>, line: string, indent: number): boolean {
  const deep = present(map).some(([, value]) => isMap(value) && present(value).some(([, inner]) => isMap(inner)))
  return present(map).length === 0 || (!deep && indent > 0 && indent + line.length <= WIDTH)
}

function flow(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (!isMap(value)) return scalar(value as string | number | boolean | null)
  const pairs = present(value).map(([key, each]) => `${scalar(key)}: ${flow(each)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  const bare = /^[A-Za-z0-9][\w./-]*$/.test(value) && !RESERVED.test(value) && !isNumberLike(value)
  // What JSON leaves as it is and YAML does not print: DEL, C1, byte order mark, line separators.
  return bare ? value : JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Digits with anything that makes a number, a date or a sexagesimal of them, now or in YAML 1.1. */
function isNumberLike(text: string): boolean {
  return /^[\d._-]*(e[\d+-]*)?$/i.test(text) ? !/^\d+(\.\d+){2,}$/.test(text) : !Number.isNaN(Number(text))
}

function isMap(value: Plain): value is Readonly<Record<string, Plain | undefined>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function present(map: Readonly<Record<string, Plain | undefined>>): [string, Plain][] {
  return Object.entries(map).filter((pair): pair is [string, Plain] => pair[1] !== undefined)
}
