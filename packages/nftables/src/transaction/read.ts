import { type Codec, type Connection, EINTR, NetlinkError, text } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import { nfMessage } from '../messages/header.ts'
import {
  chainMessage,
  elementsMessage,
  type KernelChain,
  type KernelElement,
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
import { anyFamily } from './generation.ts'

/** One table; as a filter, all that is in it. */
export interface TableRef {
  readonly family: Family
  readonly name: string
}

/** One set or map. */
export interface SetRef {
  readonly family: Family
  readonly table: string
  readonly name: string
}

/** NFTA_RULE_TABLE, NFTA_SET_TABLE and NFTA_OBJ_TABLE have the same number. */
const inTable: Codec<{ family: Family; table: string }> = nfMessage('filter', { table: [1, text, 'NFTA_RULE_TABLE'] })

const ATTEMPTS = 10

// Everything of a kind, of one table or of all. Each reading is consistent in itself; snapshot() is so as a whole.

export function readTables(connection: Connection): KernelTable[] {
  return dump(connection, 'gettable', tableMessage, anyFamily())
}

export function readChains(connection: Connection, table?: TableRef): KernelChain[] {
  const chains = dump(connection, 'getchain', chainMessage, anyFamily())
  return table === undefined ? chains : chains.filter((chain) => isIn(chain, table)) // the kernel filters only by family
}

export function readRules(connection: Connection, table?: TableRef): KernelRule[] {
  return dump(connection, 'getrule', ruleMessage, filter(table))
}

export function readSets(connection: Connection, table?: TableRef): KernelSet[] {
  return dump(connection, 'getset', setMessage, filter(table))
}

export function readObjects(connection: Connection, table?: TableRef): KernelObject[] {
  return dump(connection, 'getobj', objectMessage, filter(table))
}

/**
 * While the kernel enlarges a hash table, which it does some milliseconds after many elements were added, a dump names
 * some elements twice and others not at all, and nothing says so. Such a dump is taken again.
 */
export function readElements(connection: Connection, { family, table, name }: SetRef): KernelElement[] {
  const body = elementsMessage.encode({ family, table, set: name, elements: [] })
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const elements = dump(connection, 'getsetelem', elementsMessage, body).flatMap((list) => list.elements)
    if (new Set(elements.map(identity)).size === elements.length) return elements
  }
  throw new NetlinkError({
    operation: 'getsetelem',
    errno: EINTR,
    hint: `set ${name} in table ${family} ${table} was being rearranged at each of ${ATTEMPTS} attempts to read it; try again`,
  })
}

/** What no two elements of a set have in common: an interval may begin where another ends. */
function identity({ key, keyEnd, flags }: KernelElement): string {
  const text = (bytes: Uint8Array | undefined): string =>
    bytes === undefined ? '' : Buffer.from(bytes).toString('latin1')
  return `${text(key)} ${text(keyEnd)} ${flags?.join() ?? ''}`
}

function dump<T>(connection: Connection, name: MessageName, codec: Codec<T>, body: Uint8Array): T[] {
  const messages = connection.dump({ operation: name, type: nlmsgType(name), body, pathAt: codec.pathAt })
  return messages.map((message) => codec.decode(message.body))
}

function filter(table: TableRef | undefined): Uint8Array {
  return table === undefined ? anyFamily() : inTable.encode({ family: table.family, table: table.name })
}

function isIn(object: { family: Family; table: string }, table: TableRef): boolean {
  return object.family === table.family && object.table === table.name
}
