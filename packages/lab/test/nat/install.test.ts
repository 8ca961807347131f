import assert from 'node:assert/strict'
import { pbkdf2 } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { promisify } from 'node:util'
import { sandbox } from '@sallyport/linux'
import { connect, jump, print, Ruleset, TransactionError } from '@sallyport/nftables'
import { checkConfig } from '@sallyport/router'
import { Lab } from '../../src/lab.ts'
import {
  allPresets,
  NatError,
  NoSuchPreset,
  presetNamed,
  presets,
  removeNat,
  resolveNat,
  type Site,
} from '../../src/nat/index.ts'
import { prove } from '../../src/proof/index.ts'
import type { LabRouter } from '../../src/router.ts'
import { withoutNft } from '../support/oracle.ts'
import { behind, seen } from './support.ts'

await sandbox()

function tables({ namespace }: LabRouter): string[] {
  using nftables = connect({ namespace })
  return nftables.tables().map(({ family, name }) => `${family} ${name}`)
}

test('another NAT takes the place of the one before; tables of others stay', async () => {
  await using house = await behind('home')
  {
    using nftables = connect({ namespace: house.router.namespace })
    nftables.transaction().add(withTable('mine')).commit()
  }
  assert.deepEqual(tables(house.router), ['ip nat_lab', 'inet mine'])
  await house.router.setNat('linux-dropping')
  assert.deepEqual(tables(house.router), ['inet mine', 'ip plain', 'inet dropping'])
  await house.router.setNat('sallyport')
  assert.deepEqual(tables(house.router), ['inet mine', 'inet sallyport'])
  await house.router.setNat('none')
  assert.deepEqual(tables(house.router), ['inet mine'])
  removeNat(house.router.namespace)
  assert.deepEqual(tables(house.router), ['inet mine'])
})

function withTable(name: string): Ruleset {
  const rules = new Ruleset()
  rules.table('inet', name)
  return rules
}

test('a NAT that is flushed has forgotten connections and mappings', async () => {
  await using house = await behind({ ports: 'sequential' })
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  assert.equal((await seen(box, house.servers[0])).port, 20000)
  assert.equal((await seen(box, house.servers[1])).port, 20000)
  await house.router.flush()
  assert.equal((await seen(box, house.servers[0])).port, 20001)
})

test('a config of our router is a NAT, and a second one changes it in place', async () => {
  await using lab = await Lab.create()
  const config = (filtering: string) =>
    checkConfig({ wan: 'wan', lan: { lan: '192.168.1.1/24' }, nat: { filtering } }, { file: 'test' })
  const router = lab.router('router', { nat: { config: config('endpoint-independent') } })
  const filtering = async (): Promise<string | undefined> =>
    (await prove(router)).rows.find(({ what }) => what === 'UDP filtering')?.observed
  assert.equal(await filtering(), 'endpoint-independent')
  await router.setNat({ config: config('address-dependent') })
  assert.equal(await filtering(), 'address-dependent')
})

test('rules of our own builder are a NAT', async () => {
  await using lab = await Lab.create()
  const router = lab.router('router', { nat: { rules: presets.linuxRandom.rules! } })
  const { preset, rows, ok } = await prove(router)
  assert.equal(preset, 'rules')
  assert.ok(ok && rows.every(({ expected }) => expected === undefined))
  assert.equal(rows.find(({ what }) => what === 'UDP mapping')?.observed, 'address-and-port-dependent')
})

const folder = mkdtempSync(join(tmpdir(), 'nat-'))

test('an nft file is a NAT; it may use the names of the site', { skip: withoutNft }, async () => {
  const file = join(folder, 'router.nft')
  writeFileSync(
    file,
    'table ip nat {\n chain post {\n  type nat hook postrouting priority 100\n  oifname $wan snat to $external\n }\n}\n',
  )
  await using house = await behind({ nft: file })
  await using box = await house.hosts[0].mailbox({ port: 40000 })
  assert.deepEqual(await seen(box, house.servers[0]), { address: house.router.external[0], port: 40000 })
  await house.router.setNat('none')
  assert.deepEqual(tables(house.router), [])
})

test('an nft file that nft refuses is an error with file and line', { skip: withoutNft }, async () => {
  const file = join(folder, 'broken.nft')
  writeFileSync(
    file,
    'table ip nat {\n chain post {\n  type nat hook postrouting priority 100\n  masquerade sideways\n }\n}\n',
  )
  await using lab = await Lab.create()
  assert.throws(
    () => lab.router('router', { nat: { nft: file } }),
    (error: Error) => error instanceof NatError && error.message.includes(`${file}:4:`),
  )
})

/** A chain that packets come to cannot be jumped to. */
function refused(): Ruleset {
  const rules = new Ruleset()
  const t = rules.table('ip', 't')
  t.chain('a', { type: 'nat', hook: 'postrouting' })
  t.chain('b').rule(jump('a'))
  return rules
}

/** How many network namespaces and sockets this process holds open. */
function held(): number {
  const kinds = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return '' // the one that the directory was read with
    }
  })
  return kinds.filter((kind) => /^(net|socket):/.test(kind)).length
}

test('rules of one’s own that the kernel refuses are an error where they are given', async () => {
  await using lab = await Lab.create()
  assert.throws(() => lab.router('router', { nat: { rules: refused } }), TransactionError)
  const other = lab.router('other', { nat: { rules: presets.linux.rules! } })
  assert.deepEqual(tables(other), ['ip plain'])
  await assert.rejects(other.setNat({ rules: refused }), TransactionError)
  assert.deepEqual(tables(other), ['ip plain'])
})

test('a preset that the kernel refuses is an error when somebody looks, once; the routers beside it have theirs', async () => {
  await using lab = await Lab.create()
  const routers = ['home', { ...presets.linux, rules: refused }, 'linux'].map((nat, n) => lab.router(`r${n}`, { nat }))
  await assert.rejects(lab.ready(), (error) => error instanceof TransactionError && /ip t/.test(error.message))
  await lab.ready()
  assert.deepEqual(routers.map(tables), [['ip nat_lab'], [], ['ip plain']])
  await routers[1]!.setNat('linux')
  assert.deepEqual(tables(routers[1]!), ['ip plain'])
})

test('a lab that fails half-way leaves nothing, and one that nobody looked at neither', async () => {
  await (await Lab.create())[Symbol.asyncDispose]()
  const before = held()
  const routers = { first: {}, refused: { nat: { ...presets.linux, rules: refused } }, last: {} }
  await assert.rejects(Lab.create({ internet: { routers } }), TransactionError)
  {
    await using lab = await Lab.create()
    for (let n = 0; n < 12; n += 1) lab.router(`router${n}`)
  }
  assert.equal(held(), before)
})

test('a NAT that depends on its hosts is there once, however soon they come', async () => {
  await using lab = await Lab.create()
  const preset = allPresets.find(({ dependsOnHosts }) => dependsOnHosts)!
  // The threads that send the first rules have something else to do: the next ones would overtake them.
  const others = Array.from({ length: 4 }, () => promisify(pbkdf2)('password', 'salt', 500_000, 64, 'sha512'))
  const router = lab.router('router', { nat: preset })
  for (const name of ['one', 'two', 'three']) router.host(name)
  const rules = (): number => {
    using nftables = connect({ namespace: router.namespace })
    return nftables.rules().length
  }
  const built = rules()
  await Promise.all(others)
  await router.setNat('none')
  await router.setNat(preset)
  assert.ok(built > 0)
  assert.equal(built, rules())
})

test('presets whose rules sites share depend on nothing else of a site', () => {
  const here: Site = { wan: 'wan', lan: ['lan'], external: ['203.0.113.1'], inside: ['192.168.1.0/24'], hosts: [] }
  const there: Site = {
    wan: 'eth0',
    lan: ['eth1'],
    external: ['203.0.113.2', '203.0.113.3'],
    inside: ['10.0.0.0/8'],
    hosts: ['10.0.0.1'],
  }
  const sharing = allPresets.filter(({ rulesDependOn }) => rulesDependOn !== undefined)
  assert.ok(sharing.length > 0)
  for (const { name, rules, rulesDependOn } of sharing) {
    const same = Object.fromEntries(rulesDependOn!.map((part) => [part, here[part]]))
    const texts = [here, { ...there, ...same }, there].map((site) => print(rules!(site)))
    assert.equal(texts[0], texts[1], name)
    assert.notEqual(texts[0], texts[2], name)
  }
})

test('presets have names for the command line and for programs', () => {
  for (const [key, preset] of Object.entries(presets)) {
    assert.equal(presetNamed(key), preset)
    assert.equal(presetNamed(preset.name), preset)
    assert.match(preset.name, /^[a-z]+(-[a-z]+)*$/)
    assert.ok(preset.devices.length > 0, preset.name)
  }
  assert.equal(new Set(allPresets.map(({ name }) => name)).size, allPresets.length)
  assert.throws(
    () => presetNamed('hoem'),
    (error) => error instanceof NoSuchPreset && /home, full-cone/.test(error.message),
  )
  assert.throws(() => resolveNat('nothing'), NoSuchPreset)
})

test('the reference lists every preset with its title', () => {
  const reference = readFileSync(new URL('../../../../docs/reference/lab-nat.md', import.meta.url), 'utf8').replace(
    / +/g,
    ' ',
  )
  for (const { name, title } of allPresets) assert.ok(reference.includes(`| \`${name}\` | ${title} |`), name)
})
