import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import { assertBytes, needs, Random } from '@sallyport/linux/testing'
import { type Match, readXtInfo, writeXtInfo, xtKind } from '../src/expr/index.ts'
import type { KernelRule } from '../src/messages/index.ts'
import { injected, shuffled } from './support/inject.ts'
import { attributesOf, type Dumped, dumpAll } from './support/raw.ts'
import { resend } from './support/resend.ts'

await sandbox()

const folder = join(import.meta.dirname, 'rulesets')
const programs: Readonly<Record<string, [string, string[]]>> = {
  nft: ['nft', ['-f', '-']],
  iptables: ['iptables-nft-restore', []],
  ip6tables: ['ip6tables-nft-restore', []],
}
const oracles = needs({ nft: 'nftables', 'iptables-nft-restore': 'iptables' })

/** A namespace that holds what the program makes of the file. */
function loaded(file: string): NetworkNamespace {
  const namespace = NetworkNamespace.create()
  const [program, args] = programs[file.split('.').at(-1)!]!
  const input = forUs(readFileSync(join(folder, file), 'utf8'))
  const { status, stderr, error } = namespace.run(() => spawnSync(program, args, { input, encoding: 'utf8' }))
  assert.equal(status, 0, `${program}: ${error?.message ?? stderr}`)
  return namespace
}

/** In a user namespace that has user 0 alone the kernel refuses a rule about others (xt_owner.c, owner_check). */
function forUs(text: string): string {
  const alone = readFileSync('/proc/self/uid_map', 'utf8').trim().endsWith(' 1')
  return alone ? text.replace('--uid-owner 1000-2000', '--uid-owner 0') : text
}

/** Every message read and written again; a difference is told with the thing that it is in. */
function assertLossless(dumped: readonly Dumped[]): void {
  for (const { kind, codec, body } of dumped) {
    const value = codec.decode(body)
    assertBytes(attributesOf(codec.encode(value)), attributesOf(body), `${kind} ${describe(value)}`)
  }
}

/** The messages as we write them, changed. */
function changed(dumped: readonly Dumped[], change: (bytes: Uint8Array, random: Random) => Uint8Array): Dumped[] {
  const random = new Random(1)
  return dumped.map(({ kind, codec, body }) => {
    const plain = codec.encode(codec.decode(body), { afresh: true })
    const attributes = change(attributesOf(plain), random)
    return { kind, codec, body: Buffer.concat([plain.subarray(0, 4), attributes]) }
  })
}

function describe(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)).slice(0, 400)
}

/** As the programs tell it, without clocks. */
function listings(namespace: NetworkNamespace): string[] {
  return [['nft', 'list', 'ruleset'], ['iptables-nft-save'], ['ip6tables-nft-save']].map(([program, ...args]) => {
    const { stdout } = namespace.run(() => spawnSync(program!, args, { encoding: 'utf8' }))
    return stdout.replace(/ expires [0-9a-z]+/g, '').replace(/^#.*$/gm, '')
  })
}

function rulesOf(dumped: readonly Dumped[]): KernelRule[] {
  return dumped.filter(({ kind }) => kind === 'rule').map(({ codec, body }) => codec.decode(body) as KernelRule)
}

for (const file of readdirSync(folder)) {
  test(`${file}: what the kernel dumps is encoded to the same bytes after decoding`, oracles, () => {
    using namespace = loaded(file)
    const dumped = dumpAll(namespace)
    assert.ok(dumped.length > 20, `only ${dumped.length} messages`)
    assertLossless(dumped)
  })

  test(`${file}: no expression is left without a type`, oracles, () => {
    using namespace = loaded(file)
    const all = rulesOf(dumpAll(namespace)).flatMap(({ expressions }) => expressions)
    assert.deepEqual(
      all.filter(({ expr }) => expr === 'unknown'),
      [],
    )
  })

  test(`${file}: decoded, encoded and sent into an empty namespace it is listed as before`, oracles, () => {
    using before = loaded(file)
    using after = NetworkNamespace.create()
    resend(dumpAll(before), after)
    const wanted = listings(before)
    assert.ok(wanted[0]!.length > 1000)
    assert.deepEqual(listings(after), wanted)
  })

  test(`${file}: attributes that nobody knows survive at every depth`, oracles, () => {
    using namespace = loaded(file)
    assertLossless(changed(dumpAll(namespace), injected))
  })

  test(`${file}: any other order of attributes survives`, oracles, () => {
    using namespace = loaded(file)
    assertLossless(changed(dumpAll(namespace), shuffled))
  })
}

test('the structs of x_tables that have names are written back byte by byte', oracles, () => {
  using namespace = loaded('docker.iptables')
  const all = rulesOf(dumpAll(namespace)).flatMap(({ expressions }) => expressions)
  const seen = new Set<string>()
  for (const each of all) {
    const kind = each.expr === 'match' || each.expr === 'target' ? xtKind(each) : undefined
    if (kind === undefined) continue
    seen.add(kind)
    assert.deepEqual(writeXtInfo(kind, readXtInfo(kind, (each as Match).info)), { ...each })
  }
  // The others iptables 1.8.9 says in expressions of nf_tables.
  assert.deepEqual([...seen].sort(), ['match addrtype 1', 'match comment 0', 'target MARK 2'])
})

test('a struct of x_tables is read as what iptables was told', () => {
  const match = writeXtInfo('match tcp 0', {
    sportMin: 0,
    sportMax: 65535,
    dportMin: 80,
    dportMax: 90,
    option: 0,
    flagsMask: 0,
    flagsCompared: 0,
    inverted: 2,
  })
  assert.equal(match.info.length, 16)
  assert.equal(readXtInfo('match tcp 0', match.info).dportMax, 90)
  assert.equal(xtKind({ ...match, rev: 9 }), undefined)
})
