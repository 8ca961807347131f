import { spawnSync } from 'node:child_process'
import { NetworkNamespace } from '@sallyport/linux'
import { batchOf, connect, Ruleset } from '../../src/index.ts'
import { elementsMessage } from '../../src/messages/index.ts'
import { attributesOf, dumpAll } from '../support/raw.ts'
import type { Case } from './case.ts'

/** What a namespace holds of each table: one line for each message of a dump, kind and bytes. */
export type Held = ReadonlyMap<string, readonly string[]>

const tableName = (index: number): string => `c${index}`

/** The whole corpus as one text, a table for each case. */
export function textOf(cases: readonly Case[]): string {
  return cases.map(({ family, text }, index) => `table ${family} ${tableName(index)} {\n${text}\n}\n`).join('')
}

/** The same with the builder. */
export function rulesetOf(cases: readonly Case[]): Ruleset {
  const ruleset = new Ruleset()
  for (const [index, { family, build }] of cases.entries()) build(ruleset.table(family, tableName(index)))
  return ruleset
}

/** Tables in one transaction of nft: an ordinary user may not make the send buffer large enough for all of them. */
const AT_ONCE = 30

/** Loads text by Debian's nft and dumps what is there then. */
export function throughText(text: string): Held {
  using namespace = NetworkNamespace.create()
  const tables = text.split(/^(?=table )/m)
  for (let first = 0; first < tables.length; first += AT_ONCE) {
    const input = tables.slice(first, first + AT_ONCE).join('')
    const { status, stderr } = namespace.run(() => spawnSync('nft', ['-f', '-'], { encoding: 'utf8', input }))
    if (status !== 0) throw new Error(stderr)
  }
  return held(namespace)
}

/** Commits objects of the builder. */
export function throughObjects(ruleset: Ruleset): Held {
  using namespace = NetworkNamespace.create()
  using nft = connect({ namespace })
  nft.commit(batchOf(ruleset))
  return held(namespace)
}

/** Handles and names of anonymous sets are part of it: things are made in the same order. */
function held(namespace: NetworkNamespace): Held {
  const tables = new Map<string, string[]>()
  for (const { kind, codec, body } of dumpAll(namespace)) {
    const { table, name } = codec.decode(body) as { table?: string; name?: string }
    const lines = kind === 'elements' ? elementLines(body) : [hex(attributesOf(body))]
    const of = table ?? name!
    tables.set(of, [...(tables.get(of) ?? []), ...lines.map((line) => `${kind} ${line}`)])
  }
  return tables
}

/** Sets that are hash tables are dumped in an order that differs from time to time; and clocks go on. */
function elementLines(body: Uint8Array): string[] {
  const { elements, ...set } = elementsMessage.decode(body)
  return elements
    .map(({ expiration: _, ...element }) => hex(attributesOf(elementsMessage.encode({ ...set, elements: [element] }))))
    .toSorted()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
