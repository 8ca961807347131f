import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { type CompiledRule, compile, type Expression, print, type Statement } from '../src/index.ts'
import { flowtableMessage, nlmsgType, ruleMessage } from '../src/messages/index.ts'
import { type Held, rulesetOf, textOf, throughObjects, throughText } from './corpus/compare.ts'
import { type Case, corpus, refused } from './corpus/index.ts'
import { messagesRefused } from './support/nft.ts'
import { withoutNft } from './support/oracle.ts'
import { attributesOf } from './support/raw.ts'

await sandbox()

/** Cases whose bytes differ from nft's, each with why that is meant. There is none. */
const reasons: Readonly<Record<string, string>> = {}

/** Codecs that no ruleset of nft 1.0.6 on this kernel can show; what they are tested by instead. */
const withoutRuleset: Readonly<Record<string, string>> = {
  last: 'nft 1.0.6 has no word for it: test/expr-stateful.test.ts',
  inner: 'nft 1.0.6 has no word for it: test/expr-special.test.ts',
  tunnel: 'nft 1.0.6 has no word for it: test/expr-special.test.ts',
  match: 'written by iptables-nft, not by nft: test/expr-special-kernel.test.ts',
  target: 'written by iptables-nft, not by nft: test/expr-special-kernel.test.ts',
}

/** Every kind of statement: the compiler refuses this list when one is missing. */
const statements: Readonly<Record<Statement['statement'], true>> = {
  compare: true,
  flags: true,
  lookup: true,
  vmap: true,
  verdict: true,
  counter: true,
  limit: true,
  log: true,
  reject: true,
  notrack: true,
  nat: true,
  masquerade: true,
  redirect: true,
  dynamic: true,
  set: true,
  maxseg: true,
  quota: true,
  object: true,
  objectMap: true,
  connections: true,
  queue: true,
  tproxy: true,
  dup: true,
  fwd: true,
  synproxy: true,
  flow: true,
  removeOption: true,
}

const all = [...corpus, ...refused]

function differences(one: Held, other: Held): string[] {
  return corpus.flatMap(({ name }, index) => {
    const [a, b] = [one.get(`c${index}`), other.get(`c${index}`)]
    assert.ok(a !== undefined, `nothing was loaded for ${name}`)
    return a.join() === b?.join() ? [] : [`${name}\n  nft:  ${a.join('\n        ')}\n  ours: ${b?.join('\n        ')}`]
  })
}

const unexplained = (found: readonly string[]): string[] =>
  found.filter((difference) => reasons[difference.split('\n')[0]!] === undefined)

describe('the corpus of rulesets', { skip: withoutNft ?? false }, () => {
  it('has at least 400 of them, no two of the same name', () => {
    const names = new Set(all.map(({ name }) => name))
    assert.equal(names.size, all.length)
    assert.ok(all.length >= 400, `${all.length}`)
  })

  it('is in the kernel byte for byte what nft makes of the text', () => {
    const found = differences(throughText(textOf(corpus)), throughObjects(rulesetOf(corpus)))
    assert.deepEqual(unexplained(found), [])
    assert.equal(found.length, Object.keys(reasons).length)
  })

  it('is printed as text that nft makes the same bytes of', () => {
    const found = differences(throughText(textOf(corpus)), throughText(print(rulesetOf(corpus))))
    assert.deepEqual(unexplained(found), [])
  })

  for (const each of refused) {
    it(`is what nft sends, where this kernel may refuse it: ${each.name}`, () => assertSent(each))
  }
})

function assertSent(each: Case): void {
  const { tables } = compile(rulesetOf([each]))
  const ours = tables.flatMap(({ rules, flowtables }) => [
    ...flowtables.map((flowtable) => flowtableMessage.encode(flowtable)),
    ...rules.map(({ rule }) => ruleMessage.encode(rule)),
  ])
  const types = [nlmsgType('newflowtable'), nlmsgType('newrule')]
  const sent = messagesRefused(textOf([each])).filter(({ type }) => types.includes(type))
  const hex = (bytes: Uint8Array): string => Buffer.from(attributesOf(bytes)).toString('hex')
  assert.deepEqual(
    ours.map(hex),
    sent.map(({ body }) => hex(body)),
  )
}

describe('the corpus covers', () => {
  it('every expression that has a codec', () => {
    const known = new Set(codecNames())
    for (const name of expressionsOf(compile(rulesetOf(all)).tables.flatMap(({ rules }) => rules))) known.delete(name)
    assert.deepEqual([...known].toSorted(), Object.keys(withoutRuleset).toSorted())
  })

  it('every statement of the builder', () => {
    const chains = rulesetOf(all).tables.flatMap((table) => table.chains)
    const used = chains.flatMap(({ rules }) =>
      rules.flatMap((rule) => rule.statements.map(({ statement }) => statement)),
    )
    assert.deepEqual([...new Set(used)].toSorted(), Object.keys(statements).toSorted())
  })
})

/** As the sources define them: `expression<Counter>('counter', …)`. */
function codecNames(): string[] {
  const directory = new URL('../src/expr/', import.meta.url)
  return readdirSync(directory).flatMap((file) => {
    const source = readFileSync(new URL(file, directory), 'utf8')
    return [...source.matchAll(/ExpressionCodec<\w+> = \w+(?:<\w+>)?\(\s*'(\w+)'/g)].map(([, name]) => name!)
  })
}

function expressionsOf(rules: readonly CompiledRule[]): Set<string> {
  const namesOf = (expression: Expression): string[] => {
    const inner = 'expressions' in expression ? (expression.expressions as Expression[] | undefined) : undefined
    return [expression.expr, ...(inner ?? []).flatMap(namesOf)]
  }
  return new Set(rules.flatMap(({ rule }) => (rule.expressions ?? []).flatMap(namesOf)))
}
