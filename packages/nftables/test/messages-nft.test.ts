import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Codec, sandbox } from '@sallyport/linux'
import { assertBytes } from '@sallyport/linux/testing'
import { sameExpressions } from '../src/expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  type KernelElements,
  type KernelRule,
  nlmsgType,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../src/messages/index.ts'
import { connect } from '../src/nftables.ts'
import { Batch, type Kind } from '../src/transaction/index.ts'
import { listing, messagesOf, nft, type Sent, skip } from './support/nft.ts'

await sandbox()

const corpus = readFileSync(new URL('support/corpus.nft', import.meta.url), 'utf8')

interface Known {
  readonly kind: Kind
  readonly codec: Codec<unknown>
}

const known = new Map<number, Known>([
  [nlmsgType('newtable'), { kind: 'table', codec: tableMessage as Codec<unknown> }],
  [nlmsgType('newchain'), { kind: 'chain', codec: chainMessage as Codec<unknown> }],
  [nlmsgType('newrule'), { kind: 'rule', codec: ruleMessage as Codec<unknown> }],
  [nlmsgType('newset'), { kind: 'set', codec: setMessage as Codec<unknown> }],
  [nlmsgType('newsetelem'), { kind: 'elements', codec: elementsMessage as Codec<unknown> }],
  [nlmsgType('newobj'), { kind: 'object', codec: objectMessage as Codec<unknown> }],
])

/** nft numbers the elements of a list, where others write NFTA_LIST_ELEM: the kernel does not look. */
function withoutNumbers({ body }: Sent): Uint8Array {
  const bytes = Uint8Array.from(body)
  const view = new DataView(bytes.buffer)
  const step = (at: number): number => at + ((view.getUint16(at, true) + 3) & ~3)
  for (let at = 4; at < bytes.length; at = step(at)) {
    if (view.getUint16(at + 2, true) !== 0x8003) continue // NFTA_SET_ELEM_LIST_ELEMENTS
    for (let item = at + 4; item < step(at); item = step(item)) view.setUint16(item + 2, 0x8001, true)
  }
  return bytes
}

function newMessages(): { kind: Kind; codec: Codec<unknown>; bytes: Uint8Array }[] {
  return messagesOf(corpus).flatMap((sent) => {
    const found = known.get(sent.type)
    return found === undefined
      ? []
      : [{ ...found, bytes: found.kind === 'elements' ? withoutNumbers(sent) : sent.body }]
  })
}

function corpusAsBatch(): Batch {
  const batch = new Batch()
  for (const { kind, codec, bytes } of newMessages()) batch.add(kind, codec.decode(bytes) as never)
  return batch
}

test('what nft sends is decoded, and encoded again to the same bytes', { skip }, () => {
  const messages = newMessages()
  assert.ok(messages.length > 150, `only ${messages.length} messages`)
  for (const { codec, bytes } of messages) assertBytes(codec.encode(codec.decode(bytes)), bytes)
})

test('nothing that nft sends is unknown to us but objects that have no codec', { skip }, () => {
  const values = newMessages().map(({ codec, bytes }) => codec.decode(bytes))
  const rules = values.filter(
    (value): value is KernelRule => (value as KernelRule).expressions !== undefined && 'chain' in (value as object),
  )
  const strangers = rules.flatMap(({ expressions }) => expressions).filter(({ expr }) => expr === 'unknown')
  assert.deepEqual(strangers, [])
})

test('a ruleset that we write is listed as the one that nft writes', { skip }, () => {
  nft(['-f', '-'], corpus)
  const theirs = listing()
  nft(['flush', 'ruleset'])
  using nftables = connect()
  nftables.commit(corpusAsBatch())
  const ours = listing()
  nft(['flush', 'ruleset'])
  const stable = (text: string): string => text.replaceAll(/expires [\dms]+/g, 'expires')
  assert.equal(stable(ours), stable(theirs))
})

test('every rule of nft is dumped by the kernel as the same rule', { skip }, () => {
  using nftables = connect()
  const batch = corpusAsBatch()
  nftables.commit(batch)
  const written = batch.operations.filter(({ kind }) => kind === 'rule').map(({ value }) => value as KernelRule)
  const dumped = nftables.rules({ family: 'inet', name: 't' })
  nft(['flush', 'ruleset'])
  assert.equal(dumped.length, written.length)
  for (const [index, { expressions }] of written.entries()) {
    const found = dumped[index]!.expressions
    assert.ok(sameExpressions(renamed(expressions, found), found), JSON.stringify([expressions, found], shown))
  }
})

test('every element of nft is dumped by the kernel as the same element', { skip }, () => {
  using nftables = connect()
  const batch = corpusAsBatch()
  nftables.commit(batch)
  const written = batch.operations.filter(({ kind }) => kind === 'elements').map(({ value }) => value as KernelElements)
  const named = written.filter(({ set }) => !set.includes('%'))
  const dumped = named.map(({ family, table, set }) => nftables.elements({ family, table, name: set }))
  nft(['flush', 'ruleset'])
  for (const [index, { set, elements }] of named.entries()) {
    const found = dumped[index]!.map(({ expiration: _, expressions: __, ...element }) => element)
    const sorted = (list: object[]): string[] =>
      list.map((element) => JSON.stringify(Object.entries(element).sort(), shown)).sort()
    assert.deepEqual(sorted(found), sorted(elements), set)
  }
})

/** Anonymous sets get their names from the kernel. */
function renamed(written: KernelRule['expressions'], dumped: KernelRule['expressions']): KernelRule['expressions'] {
  return written.map((expression, index) => {
    const other = dumped[index]
    const anonymous = expression.expr === 'lookup' && expression.set.includes('%d') && other?.expr === 'lookup'
    return anonymous ? { ...expression, set: other.set } : expression
  })
}

function shown(_: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return typeof value === 'bigint' ? String(value) : value
}
