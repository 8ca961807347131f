import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { loadInternet } from '../../src/text/index.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
})
after(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('a config of our router is read from beside the topology, and written back as the same file', async () => {
  file('router.yaml', 'wan: wan\nlan: { lan: 192.168.1.1/24 }\n')
  const path = file('lab.yaml', 'routers: { home: { nat: { config: router.yaml }, lan: 192.168.1.0/24 } }\n')
  const { routers } = await loadInternet(path)
  const nat = routers?.home?.nat
  assert.ok(typeof nat === 'object' && 'config' in nat && typeof nat.config === 'object')
  assert.deepEqual(
    nat.config.wan.map(({ name }) => name),
    ['wan'],
  )
  const { formatInternet } = await import('../../src/text/index.ts')
  assert.match(formatInternet({ routers: { home: { nat } } }, path), /nat: \{ config: router\.yaml }/)
})

test('a module is a topology too: its default export', async () => {
  const path = file('lab.ts', 'export default { servers: { stun: {} }, routers: { h: { nat: "home" as string } } }\n')
  assert.deepEqual(await loadInternet(path), { servers: { stun: {} }, routers: { h: { nat: 'home' } } })
})

/** A file that does not do, and what is said about it. */
const bad: Readonly<Record<string, readonly [name: string, content: string | Uint8Array, says: RegExp]>> = {
  'a module without default export': [
    'none.ts',
    'export const a = 1\n',
    /none\.ts: the module has no default export; /,
  ],
  'a module that throws': [
    'throws.mjs',
    'throw new Error("later")\n',
    /throws\.mjs: the module does not load \(later\); /,
  ],
  'bytes that are not UTF-8': ['latin.yaml', Uint8Array.of(0x61, 0xff), /latin\.yaml: the topology cannot be read \(/],
}

for (const [what, [name, content, says]] of Object.entries(bad)) {
  test(`${what} is told by the file's name`, async () => {
    await assert.rejects(loadInternet(file(name, content)), says)
  })
}

test('a file that is not there is told as such', async () => {
  await assert.rejects(
    loadInternet(join(folder, 'no.yaml')),
    /no\.yaml: the topology cannot be read \(ENOENT.*\); check the name/,
  )
})
