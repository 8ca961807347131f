import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { sandbox } from '@sallyport/linux'
import fc from 'fast-check'
import { accept, comment, datatypes, ip, print, Ruleset, type TypeName, tcp } from '../src/index.ts'
import { throughNft, withoutNft } from './support/oracle.ts'

await sandbox()

describe('printed text', () => {
  it('is what a person would write', () => {
    const ruleset = new Ruleset()
    const filter = ruleset.table('inet', 'filter')
    const blocked = filter.set('blocked', {
      type: 'ipv4_addr',
      flags: ['interval'],
      timeout: '1h',
      elements: ['198.51.100.0/24', { key: '203.0.113.7', comment: 'noisy' }],
    })
    filter
      .chain('input', { hook: 'input', policy: 'drop' })
      .rule(ip.saddr.notIn(blocked), tcp.dport.in([22, '8000-8080']), accept(), comment('the way in'))
    assert.equal(
      print(ruleset),
      [
        'table inet filter {',
        '\tset blocked {',
        '\t\ttype ipv4_addr',
        '\t\tflags interval,timeout',
        '\t\ttimeout 1h',
        '\t\telements = { 198.51.100.0/24, 203.0.113.7 comment "noisy" }',
        '\t}',
        '',
        '\tchain input {',
        '\t\ttype filter hook input priority 0; policy drop;',
        '\t\tip saddr != @blocked tcp dport { 22, 8000-8080 } accept comment "the way in"',
        '\t}',
        '}',
        '',
      ].join('\n'),
    )
  })

  it('of an empty table is an empty table', () => {
    const ruleset = new Ruleset()
    ruleset.table('ip6', 'none')
    assert.equal(print(ruleset), 'table ip6 none {\n}\n')
  })
})

describe('what the builder takes', { skip: withoutNft ?? false }, () => {
  it('as a name, nft takes too', () => {
    const letters = [...'abcxyzABCXYZ_.', ...'0189/-']
    const name = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 40 })
    const names = fc.sample(name, { numRuns: 500, seed: 1 })
    const ruleset = new Ruleset()
    const table = ruleset.table('inet', 't')
    const taken = new Set(names.filter((each) => attempt(() => table.chain(each))))
    assert.ok(taken.size > 100)
    throughNft(print(ruleset))
  })

  it('as a comment, nft gives back', () => {
    const text = 'ein Gruß, 100 % $x \\ {"}'.replace('"', "'")
    const ruleset = new Ruleset()
    ruleset.table('inet', 't').chain('c').rule(accept(), comment(text))
    assert.ok(throughNft(print(ruleset)).listing.includes(`accept comment "${text}"`))
  })

  it('as a symbol, nft knows as the same number', () => {
    for (const [type, expression] of Object.entries(described))
      assert.deepEqual(ours(type as TypeName), nfts(expression))
  })
})

function attempt(fn: () => unknown): boolean {
  try {
    fn()
    return true
  } catch {
    return false
  }
}

/** Types with symbols, and an expression of each for `nft describe`. */
const described: Partial<Record<TypeName, string>> = {
  icmp_type: 'icmp type',
  icmpv6_type: 'icmpv6 type',
  ct_state: 'ct state',
  ct_status: 'ct status',
  ct_dir: 'ct direction',
  tcp_flag: 'tcp flags',
  fib_addrtype: 'fib daddr type',
  pkt_type: 'meta pkttype',
  nf_proto: 'meta nfproto',
}

function ours(type: TypeName): Record<number, string> {
  const { length, format } = datatypes[type]
  const numbers = Array.from({ length: Math.min(1 << (8 * Math.min(length, 2)), 1024) }, (_, number) => number)
  const names = numbers.map((number) => [number, format(BigInt(number))] as const)
  return Object.fromEntries(names.filter(([, name]) => /^[a-z][a-z0-9-]*$/.test(name) && !name.startsWith('0x')))
}

function nfts(expression: string): Record<number, string> {
  const { stdout } = spawnSync('nft', ['describe', ...expression.split(' ')], { encoding: 'utf8' })
  const lines = [...stdout.matchAll(/^\t(\S+)\s+(\d+|0x[0-9a-f]+)$/gm)].map(
    ([, name, number]) => [Number(number), name!] as const,
  )
  return Object.fromEntries(lines.toReversed()) // of two names for a number, the first
}
