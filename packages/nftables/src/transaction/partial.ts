import { type Connection, Malformed, NFGENMSG_LENGTH, text, u32be } from '@sallyport/linux'
import { type Family, families, objectTypes } from '../expr/index.ts'
import { nfMessage } from '../messages/header.ts'
import { type KernelElement, type MessageName, nlmsgType } from '../messages/index.ts'
import { Cursor, SameText } from './cursor.ts'
import { dumpOf } from './dump.ts'
import { tableFilter } from './filter.ts'
import type { SetRef, TableRef } from './ref.ts'

// Names, handles, counters and keys without the rest: what is not asked for is stepped over, not decoded.

/** What names a rule. */
export interface NamedRule {
  readonly family: Family
  readonly table: string
  readonly chain: string
  readonly handle: bigint
}

/** A rule that counts. */
export interface RuleCounters extends NamedRule {
  /** Of each counter among its expressions, in their order. */
  readonly counters: readonly Tally[]
}

export interface Tally {
  readonly packets: bigint
  readonly bytes: bigint
}

/** What names a chain, set or object; of a table `table` and `name` are the same. */
export interface Named {
  readonly family: Family
  readonly table: string
  readonly name: string
  readonly handle: bigint
}

export interface NamedCount extends Named, Tally {}

/** An element without what it carries. */
export type ElementKey = Pick<KernelElement, 'key' | 'keyEnd' | 'flags'>

/** What has a name and a handle. */
export type NamedKind = 'table' | 'chain' | 'set' | 'object' | 'flowtable'

interface NameAttributes {
  readonly request: MessageName
  readonly table: number
  readonly name: number
  readonly handle: number
}

const nameAttributes: Readonly<Record<NamedKind, NameAttributes>> = {
  table: { request: 'gettable', table: 1, name: 1, handle: 4 }, // NFTA_TABLE_NAME, _HANDLE
  chain: { request: 'getchain', table: 1, name: 3, handle: 2 }, // NFTA_CHAIN_TABLE, _NAME, _HANDLE
  set: { request: 'getset', table: 1, name: 2, handle: 16 }, // NFTA_SET_TABLE, _NAME, _HANDLE
  object: { request: 'getobj', table: 1, name: 2, handle: 6 }, // NFTA_OBJ_TABLE, _NAME, _HANDLE
  flowtable: { request: 'getflowtable', table: 1, name: 2, handle: 5 }, // NFTA_FLOWTABLE_TABLE, _NAME, _HANDLE
}

/** Names and handles of all tables, chains, sets (maps too), objects or flowtables, of one table or of all. */
export function readNames(connection: Connection, kind: NamedKind, table?: TableRef): Named[] {
  const names = new NameReader(nameAttributes[kind])
  const found = dumpOf(connection, nameAttributes[kind].request, { body: tableFilter(table) }, (body) =>
    names.read(body),
  )
  return table === undefined ? found : found.filter((each) => each.family === table.family && each.table === table.name)
}

class NameReader {
  readonly #attributes: NameAttributes
  readonly #tables = new SameText()

  constructor(attributes: NameAttributes) {
    this.#attributes = attributes
  }

  read(body: Uint8Array): Named {
    const wanted = this.#attributes
    const cursor = new Cursor(body, NFGENMSG_LENGTH)
    let table = ''
    let name = ''
    let handle = 0n
    while (cursor.next()) {
      if (cursor.type === wanted.table) table = this.#tables.of(cursor)
      if (cursor.type === wanted.name) name = wanted.name === wanted.table ? table : cursor.text()
      if (cursor.type === wanted.handle) handle = cursor.u64be()
    }
    return { family: familyOf(body), table, name, handle }
  }
}

/** Which rules there are, in the order in which they are run, chain by chain. */
export function readRuleHandles(connection: Connection, table?: TableRef, chain?: string): NamedRule[] {
  const rules = new RuleReader()
  return dumpOf(connection, 'getrule', { body: tableFilter(table, chain) }, (body) =>
    rules.handle(new Cursor(body, 4), body),
  )
}

/** The counters of the rules that have some. */
export function readRuleCounters(connection: Connection, table?: TableRef, chain?: string): RuleCounters[] {
  const rules = new RuleReader()
  return dumpOf(connection, 'getrule', { body: tableFilter(table, chain) }, (body) => rules.counters(body))
}

const NFTA_RULE_TABLE = 1
const NFTA_RULE_CHAIN = 2
const NFTA_RULE_HANDLE = 3
const NFTA_RULE_EXPRESSIONS = 4

class RuleReader {
  readonly #tables = new SameText()
  readonly #chains = new SameText()

  /** The kernel writes these three first: the cursor stays where the third was. */
  handle(cursor: Cursor, body: Uint8Array): NamedRule {
    let table: string | undefined
    let chain: string | undefined
    let handle: bigint | undefined
    while (table === undefined || chain === undefined || handle === undefined) {
      if (!cursor.next()) throw new Malformed('a rule without table, chain and handle')
      if (cursor.type === NFTA_RULE_TABLE) table = this.#tables.of(cursor)
      else if (cursor.type === NFTA_RULE_CHAIN) chain = this.#chains.of(cursor)
      else if (cursor.type === NFTA_RULE_HANDLE) handle = cursor.u64be()
    }
    return { family: familyOf(body), table, chain, handle }
  }

  counters(body: Uint8Array): RuleCounters | undefined {
    const cursor = new Cursor(body, NFGENMSG_LENGTH)
    const rule = this.handle(cursor, body)
    if (!cursor.find(NFTA_RULE_EXPRESSIONS)) return undefined
    const counters = countersIn(cursor.inside())
    return counters.length === 0 ? undefined : { ...rule, counters }
  }
}

const NFTA_EXPR_NAME = 1
const NFTA_EXPR_DATA = 2
const COUNTER = Buffer.from('counter')

function countersIn(list: Cursor): Tally[] {
  const counters: Tally[] = []
  while (list.next()) {
    const expression = list.inside()
    if (expression.find(NFTA_EXPR_NAME) && expression.is(COUNTER) && expression.find(NFTA_EXPR_DATA)) {
      counters.push(countIn(expression.inside()))
    }
  }
  return counters
}

const NFTA_COUNTER_BYTES = 1
const NFTA_COUNTER_PACKETS = 2

function countIn(cursor: Cursor): Tally {
  let packets = 0n
  let bytes = 0n
  while (cursor.next()) {
    if (cursor.type === NFTA_COUNTER_BYTES) bytes = cursor.u64be()
    else if (cursor.type === NFTA_COUNTER_PACKETS) packets = cursor.u64be()
  }
  return { packets, bytes }
}

/** NFTA_OBJ_TABLE and NFTA_OBJ_TYPE: the kernel leaves the other objects out. */
const ofType = nfMessage<{ family: Family; type: number; table?: string }>('filter', {
  table: [1, text, 'NFTA_OBJ_TABLE'],
  type: [3, u32be, 'NFTA_OBJ_TYPE'],
})

const NFTA_OBJ_DATA = 4

/** The named counters, of one table or of all. */
export function readCounters(connection: Connection, table?: TableRef): NamedCount[] {
  const names = new NameReader(nameAttributes.object)
  const filter = ofType.encode({
    family: table?.family ?? 'inet',
    type: objectTypes.counter,
    ...(table && { table: table.name }),
  })
  if (table === undefined) filter[0] = 0 // AF_UNSPEC: of every family
  return dumpOf(connection, 'getobj', { body: filter }, (body) => {
    const cursor = new Cursor(body, NFGENMSG_LENGTH)
    return cursor.find(NFTA_OBJ_DATA) ? { ...names.read(body), ...countIn(cursor.inside()) } : undefined
  })
}

const NFTA_SET_ELEM_LIST_ELEMENTS = 3

/** The keys of a set's elements one by one, without data, counters and comments; see streamElements(). */
export function* streamKeys(connection: Connection, { family, table, name }: SetRef): Generator<ElementKey, undefined> {
  const request = {
    operation: 'getsetelem',
    type: nlmsgType('getsetelem'),
    body: inSet.encode({ family, table, name }),
  }
  for (const { body } of connection.stream({ ...request, pathAt: inSet.pathAt })) {
    const lists = new Cursor(body, NFGENMSG_LENGTH)
    while (lists.find(NFTA_SET_ELEM_LIST_ELEMENTS)) {
      for (const list = lists.inside(); list.next(); ) yield keyIn(list.inside())
    }
  }
  return undefined
}

const inSet = nfMessage<{ family: Family; table: string; name: string }>('filter', {
  table: [1, text, 'NFTA_SET_ELEM_LIST_TABLE'],
  name: [2, text, 'NFTA_SET_ELEM_LIST_SET'],
})

const NFTA_SET_ELEM_KEY = 1
const NFTA_SET_ELEM_FLAGS = 3
const NFTA_SET_ELEM_KEY_END = 10
const NFTA_DATA_VALUE = 1
const FLAGS = ['interval_end', 'catchall'] as const // NFT_SET_ELEM_INTERVAL_END, NFT_SET_ELEM_CATCHALL

function keyIn(element: Cursor): ElementKey {
  const found: ElementKey = {}
  while (element.next()) {
    if (element.type === NFTA_SET_ELEM_KEY) found.key = valueIn(element.inside())
    else if (element.type === NFTA_SET_ELEM_KEY_END) found.keyEnd = valueIn(element.inside())
    else if (element.type === NFTA_SET_ELEM_FLAGS) found.flags = flagsOf(element.u32be())
  }
  return found
}

function valueIn(data: Cursor): Uint8Array {
  if (!data.find(NFTA_DATA_VALUE)) throw new Malformed('a key without a value')
  return data.copy()
}

function flagsOf(mask: number): NonNullable<KernelElement['flags']> {
  return FLAGS.filter((_, bit) => (mask & (1 << bit)) !== 0)
}

const familyNames: (Family | undefined)[] = []
for (const [name, number] of Object.entries(families)) familyNames[number] = name as Family

function familyOf(body: Uint8Array): Family {
  const family = familyNames[body[0] ?? 0]
  if (family === undefined) throw new Malformed(`${body[0]} is no family`, ['nfgenmsg', 'family'])
  return family
}
