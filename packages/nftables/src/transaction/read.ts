import { type Codec, type Connection, EINTR, ENOENT, NetlinkError, type Request } from '@sallyport/linux'
import {
  chainMessage,
  elementsMessage,
  flowtableMessage,
  type KernelChain,
  type KernelElement,
  type KernelFlowtable,
  type KernelObject,
  type KernelRule,
  type KernelSet,
  type KernelTable,
  type MessageName,
  nlmsgType,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../messages/index.ts'
import { dumpOf } from './dump.ts'
import { tableFilter } from './filter.ts'
import { anyFamily } from './generation.ts'
import type { NamedRef, SetRef, TableRef } from './ref.ts'

export type { NamedRef, RuleRef, SetRef, TableRef } from './ref.ts'

const ATTEMPTS = 10

// Everything of a kind, of one table or of all. Each reading is consistent in itself; snapshot() is so as a whole.

export function readTables(connection: Connection): KernelTable[] {
  return dump(connection, 'gettable', tableMessage, anyFamily())
}

export function readChains(connection: Connection, table?: TableRef): KernelChain[] {
  const chains = dump(connection, 'getchain', chainMessage, anyFamily())
  return table === undefined ? chains : chains.filter((chain) => isIn(chain, table)) // the kernel filters only by family
}

/** With a table, also of one chain of it. */
export function readRules(connection: Connection, table?: TableRef, chain?: string): KernelRule[] {
  return dump(connection, 'getrule', ruleMessage, tableFilter(table, chain))
}

export function readSets(connection: Connection, table?: TableRef): KernelSet[] {
  return dump(connection, 'getset', setMessage, tableFilter(table))
}

export function readObjects(connection: Connection, table?: TableRef): KernelObject[] {
  return dump(connection, 'getobj', objectMessage, tableFilter(table))
}

export function readFlowtables(connection: Connection, table?: TableRef): KernelFlowtable[] {
  return dump(connection, 'getflowtable', flowtableMessage, tableFilter(table))
}

/**
 * While the kernel enlarges a hash table, which it does some milliseconds after many elements were added, a dump names
 * some elements twice and others not at all, and nothing says so. Such a dump is taken again.
 */
export function readElements(connection: Connection, set: SetRef): KernelElement[] {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const elements = dump(connection, 'getsetelem', elementsMessage, elementsOf(set)).flatMap((list) => list.elements)
    if (new Set(elements.map(elementIdentity)).size === elements.length) return elements
  }
  throw new NetlinkError({
    operation: 'getsetelem',
    errno: EINTR,
    hint: `set ${set.name} in table ${set.family} ${set.table} was being rearranged at each of ${ATTEMPTS} attempts to read it; try again`,
  })
}

/** What no two elements of a set have in common: an interval may begin where another ends. */
export function elementIdentity({ key, keyEnd, flags }: KernelElement): string {
  return `${latin1(key)} ${latin1(keyEnd)} ${flags?.join() ?? ''}`
}

function latin1(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

// The same one by one, with the memory of one datagram, however many there are. Throws NetlinkError EINTR at the end
// when somebody changed the tables meanwhile; another request on the same connection ends it.

export function streamRules(
  connection: Connection,
  table?: TableRef,
  chain?: string,
): Generator<KernelRule, undefined> {
  return stream(connection, 'getrule', ruleMessage, tableFilter(table, chain))
}

/** Unlike readElements it cannot see that the kernel was enlarging the hash table: then some come twice, or not. */
export function* streamElements(connection: Connection, set: SetRef): Generator<KernelElement, undefined> {
  for (const list of stream(connection, 'getsetelem', elementsMessage, elementsOf(set))) yield* list.elements
  return undefined
}

// One, which the kernel looks up; undefined when there is none.

export function readTable(connection: Connection, { family, name }: TableRef): KernelTable | undefined {
  return get(connection, 'gettable', tableMessage, { family, name })
}

export function readChain(connection: Connection, { family, table, name }: NamedRef): KernelChain | undefined {
  return get(connection, 'getchain', chainMessage, { family, table, name })
}

export function readRule(
  connection: Connection,
  { family, table, chain, handle }: Pick<KernelRule, 'family' | 'table' | 'chain'> & { readonly handle: bigint },
): KernelRule | undefined {
  return get(connection, 'getrule', ruleMessage, { family, table, chain, handle, expressions: [] })
}

export function readSet(connection: Connection, { family, table, name }: SetRef): KernelSet | undefined {
  return get(connection, 'getset', setMessage, { family, table, name } as KernelSet)
}

/** Only the kind and the name of `ref.data` matter: `{ expr: 'counter' }`. */
export function readObject(
  connection: Connection,
  { family, table, name, data }: Pick<KernelObject, 'family' | 'table' | 'name' | 'data'>,
): KernelObject | undefined {
  return get(connection, 'getobj', objectMessage, { family, table, name, data })
}

export function readFlowtable(connection: Connection, { family, table, name }: NamedRef): KernelFlowtable | undefined {
  return get(connection, 'getflowtable', flowtableMessage, { family, table, name })
}

/** The element with this key, or the interval that holds it: with its data, counters, timeout. */
export function readElement(
  connection: Connection,
  { family, table, name }: SetRef,
  { key, keyEnd }: Pick<KernelElement, 'key' | 'keyEnd'>,
): KernelElement | undefined {
  const element = { ...(key && { key }), ...(keyEnd && { keyEnd }) }
  return get(connection, 'getsetelem', elementsMessage, { family, table, set: name, elements: [element] })?.elements[0]
}

function elementsOf({ family, table, name }: SetRef): Uint8Array {
  return elementsMessage.encode({ family, table, set: name, elements: [] })
}

function dump<T>(connection: Connection, name: MessageName, codec: Codec<T>, body: Uint8Array): T[] {
  return dumpOf(connection, name, { body, pathAt: codec.pathAt }, (bytes) => codec.decode(bytes))
}

function* stream<T>(
  connection: Connection,
  name: MessageName,
  codec: Codec<T>,
  body: Uint8Array,
): Generator<T, undefined> {
  for (const message of connection.stream(request(name, codec, body))) yield codec.decode(message.body)
  return undefined
}

function get<T>(connection: Connection, name: MessageName, codec: Codec<T>, ref: T): T | undefined {
  try {
    const [answer] = connection.request(request(name, codec, codec.encode(ref)))
    return answer && codec.decode(answer.body)
  } catch (error) {
    if (error instanceof NetlinkError && error.errno === ENOENT) return undefined
    throw error
  }
}

function request<T>(name: MessageName, { pathAt }: Codec<T>, body: Uint8Array): Request {
  return { operation: name, type: nlmsgType(name), body, pathAt }
}

function isIn(object: { family: string; table: string }, table: TableRef): boolean {
  return object.family === table.family && object.table === table.name
}
