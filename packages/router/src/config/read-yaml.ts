import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLError,
  type YAMLMap,
  type YAMLSeq,
  YAMLWarning,
  type Document as YamlDocument,
  type Node as YamlNode,
} from 'yaml'
import { childPath, DEEPEST, type Entry, listNode, mapNode, Node, type Origin, other } from './node.ts'
import { type Problems, quote } from './problems.ts'

/** Characters: room for a hundred thousand forwards. Without a bound a wrong file would be read for minutes. */
const LARGEST = 4 * 1024 * 1024
/** How many syntax errors are told: each one makes the parser stumble over the rest. */
const SYNTAX_ERRORS = 5
/** How many nodes aliases may stand for, in all: ten levels of ten references are ten thousand million. */
const ALIASED_NODES = 100_000

type YamlMap = YAMLMap<YamlNode, YamlNode | null>
type YamlPair = Pair<YamlNode, YamlNode | null>

/** The document in `text`, or undefined when it is not YAML; reports what is wrong. JSON is YAML too. */
export function readYaml(text: string, file: string, problems: Problems): Node | undefined {
  return new YamlReader(text, file, problems).read()
}

class YamlReader {
  readonly #text: string
  readonly #file: string
  readonly #problems: Problems
  readonly #lines = new LineCounter()
  readonly #anchors = new Map<string, YamlNode>()
  #aliasDepth = 0
  #aliasedNodes = 0
  #aliasesBroken = false

  constructor(text: string, file: string, problems: Problems) {
    this.#text = text
    this.#file = file
    this.#problems = problems
  }

  read(): Node | undefined {
    if (this.#text.length > LARGEST) return this.#tooLarge()
    // Duplicate keys are looked for below: the library compares each with each.
    const options = { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false, version: '1.2' } as const
    const document: YamlDocument.Parsed = parseDocument(this.#text, options)
    const errors = [...document.errors, ...document.warnings]
    for (const error of errors.slice(0, SYNTAX_ERRORS)) this.#syntaxError(error)
    if (errors.length > 0) return undefined
    if (document.contents === null) return this.#empty()
    const root = this.#node(document.contents, '', 0)
    return this.#aliasesBroken ? undefined : root
  }

  #node(node: YamlNode | null, path: string, depth: number, place: YamlNode | null = node): Node {
    if (this.#aliasDepth > 0) this.#aliasedNodes++
    const origin = this.#origin(place)
    if (depth > DEEPEST) return new Node(origin, path, other('something nested too deeply'))
    if (isAlias(node)) return this.#alias(node.source, origin, path, depth)
    const made = this.#plain(node, origin, path, depth)
    const anchor = node?.anchor
    if (anchor !== undefined) this.#anchors.set(anchor, node!)
    return made
  }

  #plain(node: YamlNode | null, origin: Origin, path: string, depth: number): Node {
    if (isMap(node)) return mapNode(origin, path, this.#entries(node as YamlMap, path, depth))
    if (isSeq(node)) return listNode(origin, path, this.#items(node as YAMLSeq<YamlNode>, path, depth))
    const value = isScalar(node) ? node.value : null
    return new Node(origin, path, isData(value) ? value : other('a value that is not text, a number or true/false'))
  }

  #items(list: YAMLSeq<YamlNode>, path: string, depth: number): Node[] {
    return list.items.map((item, index) => this.#node(item, childPath(path, index), depth + 1))
  }

  #entries(map: YamlMap, path: string, depth: number): Map<string, Entry> {
    const entries = new Map<string, Entry>()
    for (const pair of map.items) {
      const key = this.#key(pair, path)
      if (key === undefined) continue
      const first = entries.get(key.value as string)
      if (first !== undefined) this.#duplicate(key, first.key)
      else entries.set(key.value as string, { key, value: this.#entryValue(pair, key.path, depth) })
    }
    return entries
  }

  /** An absent value has no place of its own: it is where its key is. */
  #entryValue(pair: YamlPair, path: string, depth: number): Node {
    const { key, value } = pair
    const written = isScalar(value) ? value.source !== '' || value.value !== null : value !== null
    return this.#node(value, path, depth + 1, written ? value : key)
  }

  #key(pair: YamlPair, path: string): Node | undefined {
    const origin = this.#origin(pair.key)
    if (!isScalar(pair.key)) {
      this.#problems.add(new Node(origin, path, null).position(), {
        problem: 'a key is not plain text',
        hint: 'write each key as one word followed by ": "',
      })
      return undefined
    }
    const { source, value } = pair.key
    const text = typeof value === 'string' ? value : (source ?? '')
    return new Node(origin, childPath(path, text), text)
  }

  #alias(name: string, origin: Origin, path: string, depth: number): Node {
    const target = this.#anchors.get(name)
    const node = new Node(origin, path, other(`the alias *${name}`))
    if (target === undefined) {
      this.#aliasesBroken = true
      const hint = `write &${name} before a value further up, or quote the text`
      this.#problems.add(node.position(), { problem: `no value is named &${name} before this`, hint, text: `*${name}` })
      return node
    }
    return this.#aliasedNodes > ALIASED_NODES ? this.#tooManyAliases(node) : this.#follow(target, path, depth)
  }

  /** Positions below an alias are those of the text it stands for; paths are those of the alias. */
  #follow(target: YamlNode, path: string, depth: number): Node {
    this.#aliasDepth++
    const node = this.#node(target, path, depth)
    this.#aliasDepth--
    return node
  }

  #origin(node: YamlNode | null): Origin {
    const range = node?.range
    const start = range?.[0] ?? 0
    const quoted = isScalar(node) && (node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE)
    return { at: (offset, text) => this.#place(start, quoted ? 1 : 0, offset, text) }
  }

  /** A part of a text is looked for where it must be; escapes and folded lines move it, then the whole is named. */
  #place(start: number, opening: number, offset: number, text: string): ReturnType<Origin['at']> {
    const part = start + opening + offset
    const exact = text !== '' && this.#text.startsWith(text, part)
    const { line, col } = this.#lines.linePos(exact ? part : start)
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }

  #report(start: number, problem: string, hint: string, text = ''): void {
    const position = { ...this.#place(start, 0, 0, ''), path: '' }
    this.#problems.add(position, { problem, hint, text })
  }

  #empty(): undefined {
    this.#report(0, 'the file is empty', 'write at least wan and lan: "wan: eth0" and "lan: { eth1: 192.168.1.1/24 }"')
  }

  #tooLarge(): undefined {
    this.#report(0, `the file has more than ${LARGEST} characters`, 'check that it is the right one')
  }

  #duplicate(key: Node, first: Node): void {
    const text = key.value as string
    this.#problems.add(key.position(), {
      problem: `${quote(text)} is already set in line ${first.position().line}`,
      hint: 'keep one of the two',
      text,
    })
  }

  #tooManyAliases(node: Node): Node {
    if (!this.#aliasesBroken) {
      const problem = `the aliases of this file stand for more than ${ALIASED_NODES} values`
      this.#problems.add(node.position(), { problem, hint: 'write the values out, or write the config as a module' })
    }
    this.#aliasesBroken = true
    return node
  }

  #syntaxError(error: YAMLError): void {
    const [start] = error.pos
    const text = this.#text.slice(start, error.pos[1]).split('\n', 1)[0] ?? ''
    const kind = error instanceof YAMLWarning ? 'YAML not understood' : 'not YAML'
    this.#report(start, `${kind}: ${sentence(error)}`, SYNTAX_HINTS[error.code] ?? 'correct the text there', text)
  }
}

const SYNTAX_HINTS: Partial<Record<YAMLError['code'], string>> = {
  BAD_INDENT: 'line it up with its neighbours, and close every bracket',
  BLOCK_AS_IMPLICIT_KEY: 'put text that holds ": " in quotes',
  MULTIPLE_DOCS: 'leave one document in the file: remove the line ---',
  RESOURCE_EXHAUSTION: 'close the brackets',
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'remove the tag, or quote the text',
}

function sentence(error: YAMLError): string {
  if (error.code === 'RESOURCE_EXHAUSTION') return 'it is nested too deeply'
  if (error.code === 'MULTIPLE_DOCS') return 'a second document begins here'
  return quote(error.message.split('\n', 1)[0] ?? error.code)
    .slice(1, -1)
    .replaceAll('\\"', '"')
}

function isData(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
