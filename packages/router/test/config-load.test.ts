import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { ConfigErrors, checkConfig, loadConfig } from '../src/config/index.ts'

const good = "{ wan: 'eth0', lan: { eth1: '192.168.1.1/24' }, hosts: { a: '192.168.1.5' } }"

/** Writes the file into a directory of its own and says what loading it gives: messages without the directory. */
async function load(name: string, content: string | Uint8Array): Promise<string[] | 'loaded'> {
  await using directory = await temporary()
  const path = join(directory.path, name)
  await writeFile(path, content)
  return await messages(path, directory.path)
}

async function messages(path: string, directory: string): Promise<string[] | 'loaded'> {
  try {
    await loadConfig(path)
    return 'loaded'
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error
    return error.errors.map(({ message }) => message.replace(`${directory}/`, ''))
  }
}

async function temporary(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-config-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('YAML, JSON and modules are loaded by their names', async () => {
  const json = '{ "wan": "eth0", "lan": { "eth1": "192.168.1.1/24" } }'
  assert.equal(await load('a.yaml', json), 'loaded')
  assert.equal(await load('a.json', json), 'loaded')
  assert.equal(await load('a.ts', `const wan: string = 'eth0'; export default { ...${good}, wan }`), 'loaded')
  assert.equal(await load('a.mjs', `export default ${good}`), 'loaded')
})

test('a mistake in a module is named by its path', async () => {
  const forwards = `['tcp/1 -> a', 'tcp/2 -> a', 'tcp/3 -> b']`
  assert.deepEqual(await load('a.ts', `export default { ...${good}, forwards: ${forwards} }`), [
    'a.ts: forwards[2]: host "b" is not known; write one of a',
  ])
  assert.deepEqual(await load('b.ts', `export default { ...${good}, forwards: ['tcp/1 -> a', 'tcp/1 -> a'] }`), [
    'b.ts: forwards[1]: tcp/1 overlaps tcp/1, which is forwarded to a already (forwards[0]); forward each port once',
  ])
})

test('a module that cannot be a config says why', async () => {
  assert.match(String(await load('a.ts', 'export const config = 1')), /^a\.ts: the module has no default export; /)
  assert.match(
    String(await load('b.ts', 'throw new Error("no\\nway")')),
    /^b\.ts: the module does not load \(Error: no\); /,
  )
  assert.match(String(await load('c.ts', 'export default {')), /^c\.ts: the module does not load \(SyntaxError/)
  assert.match(
    String(await load('d.ts', 'export default () => 1')),
    /^d\.ts: expected a map \(key: value\), got a function; /,
  )
})

test('values that no file could hold are mistakes of a module', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  const base = { wan: 'eth0', lan: { eth1: '192.168.1.1/24' } }
  for (const bad of [cycle, new Map(), new Date(0), 1n, Symbol('x'), () => 1, Number.NaN, [undefined]]) {
    assert.throws(() => checkConfig({ ...base, forwards: bad }, { file: 'x.ts' }), ConfigErrors)
    assert.throws(() => checkConfig({ ...base, nat: { limit: bad } }, { file: 'x.ts' }), ConfigErrors)
    assert.throws(() => checkConfig(bad, { file: 'x.ts' }), ConfigErrors)
  }
})

test('a file that is missing, a directory, not readable or not UTF-8 is an error that names it', async () => {
  await using directory = await temporary()
  const at = (name: string): Promise<string[] | 'loaded'> => messages(join(directory.path, name), directory.path)
  await mkdir(join(directory.path, 'd.yaml'))
  await writeFile(join(directory.path, 'latin1.yaml'), Uint8Array.of(0x61, 0x3a, 0x0a, 0x20, 0xfc))
  assert.match(String(await at('missing.yaml')), /^missing\.yaml: there is no such file; /)
  assert.match(String(await at('missing.ts')), /^missing\.ts: there is no such file; /)
  assert.match(String(await at('d.yaml')), /^d\.yaml: this is a directory; /)
  assert.match(String(await at('latin1.yaml')), /^latin1\.yaml:2:2: a byte is not UTF-8; /)
})

test('a file that may not be read is an error that names it', {
  skip: process.getuid?.() === 0 && 'root reads all',
}, async () => {
  await using directory = await temporary()
  const path = join(directory.path, 'secret.yaml')
  await writeFile(path, 'wan: eth0')
  await chmod(path, 0)
  assert.match(String(await messages(path, directory.path)), /^secret\.yaml: the file may not be read \(EACCES\); /)
})
