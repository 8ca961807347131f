import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { ConfigErrors } from '@sallyport/router'
import { keysOf, loadServerConfig, settingsOf } from '../src/turn-config/index.ts'
import { selfSigned } from './support/certificate.ts'
import { Folder, run } from './support/server.ts'

await sandbox()

const good = ['turn', '--listen', '127.0.0.1:0', '--relay', '127.0.0.1', '--realm', 'example.org', '--user', 'a:b']
const yaml = 'listen: 127.0.0.1:0\nrelay: 127.0.0.1\nrealm: example.org\nusers: { alice: secret }\n'

async function isRefused(args: readonly string[], says: RegExp, folder?: Folder): Promise<void> {
  const { status, stdout, stderr } = await run(...args)
  assert.deepEqual([status, stdout], [2, ''], stderr)
  assert.match(folder === undefined ? stderr : stderr.replaceAll(folder.path, 'DIR'), says)
  assert.doesNotMatch(stderr, /\n {4}at /)
}

test('a port that is in use: its address, and what to do', async () => {
  const other = createSocket('udp4').bind(0, '127.0.0.1')
  await once(other, 'listening')
  const at = `127.0.0.1:${other.address().port}`
  for (const command of [['stun'], good]) {
    await isRefused(
      [...command, '--listen', at],
      new RegExp(`${at} is in use already \\(EADDRINUSE\\); end the program`),
    )
  }
  other.close()
})

test('a TCP port that is in use, for clients of TCP and TLS and for metrics', async () => {
  using folder = new Folder()
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const at = `127.0.0.1:${(other.address() as { port: number }).port}`
  const says = new RegExp(`${at} is in use already \\(EADDRINUSE\\); end the program`)
  const tls = ['--cert', folder.file('cert.pem', selfSigned.cert), '--key', folder.file('key.pem', selfSigned.key)]
  for (const flags of [
    ['--listen-tcp', at],
    ['--metrics', at],
    ['--tls', at, ...tls],
  ]) {
    await isRefused([...good, ...flags], says)
  }
  other.close()
})

test('two listeners that want one port', async () => {
  const [tcp, metrics] = ['--listen-tcp', '--metrics'].map((flag) => [flag, '127.0.0.1:6999'])
  await isRefused(
    [...good, ...tcp!, ...metrics!],
    /127\.0\.0\.1:6999 is asked for twice, for tcp and for metrics; give each/,
  )
})

test('an address that is not local', async () => {
  const says = /192\.0\.2\.9(:3478)? is no address of this machine \(EADDRNOTAVAIL\); write an address that/
  await isRefused(['stun', '--listen', '192.0.2.9:3478'], says)
  await isRefused(good.with(4, '192.0.2.9'), says)
  for (const flag of ['--listen-tcp', '--metrics']) await isRefused([...good, flag, '192.0.2.9:3478'], says)
})

test('a certificate that does not parse, a key that does not, and two that do not belong together', async () => {
  using folder = new Folder()
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = folder.file('key.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }) as string)
  const junk = folder.file('junk.pem', 'nothing of that kind\n')
  const tls = (cert: string, of: string): string[] => [...good, '--tls', '127.0.0.1:0', '--cert', cert, '--key', of]
  await isRefused(tls(junk, key), /junk\.pem does not hold a certificate; name a file in PEM form/, folder)
  await isRefused(tls(junk, junk), /junk\.pem does not hold a private key/, folder)
  const chain = folder.file('chain.pem', selfSigned.cert + selfSigned.cert.replace('\nM', '\nX'))
  const own = folder.file('own.pem', selfSigned.key)
  await isRefused(tls(chain, own), /chain\.pem holds a certificate after the first that cannot be read/, folder)
  await isRefused(tls(chain, key), /key\.pem is not the key of the certificate in DIR\/chain\.pem/, folder)
  await isRefused(tls('/no/such.pem', key), /\/no\/such\.pem cannot be read \(ENOENT\)/)
  await isRefused([...good, '--tls', '127.0.0.1:0'], /TLS needs a certificate; write --cert and --key/)
})

/** What a file says, and what is said about it. */
const files: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'an unknown key': [`${yaml}realms: x\n`, /DIR\/turn\.yaml:5:1: key "realms" is not known; did you mean "realm"\?/],
  'an unknown key further in': [
    `${yaml}limits: { user: { allocation: 3 } }\n`,
    /DIR\/turn\.yaml:5:19: key "allocation" is not known; did you mean "allocations"\?/,
  ],
  'a listen address without a port': [
    yaml.replace('127.0.0.1:0', '127.0.0.1'),
    /turn\.yaml:1:9: "127\.0\.0\.1" is not understood; write ADDRESS:PORT/,
  ],
  'a password that YAML takes for a number': [
    yaml.replace('secret', '12345'),
    /turn\.yaml:4:17: expected text, got the number 12345; write the password in quotes/,
  ],
  'a prefix that is none': [
    `${yaml}peers: { allow: [10.0.0.0/8, 10.0.0.0/99] }\n`,
    /turn\.yaml:5:30: "10\.0\.0\.0\/99" is not understood; write an address or a prefix/,
  ],
  'a duration without a unit': [
    `${yaml}nonce: { lifetime: '60' }\n`,
    /turn\.yaml:5:21: "60" is not understood; write a whole number and a unit/,
  ],
  'ports the wrong way round': [
    yaml.replace('relay: 127.0.0.1', 'relay: { address: 127.0.0.1, ports: 60000-50000 }'),
    /turn\.yaml:2:37: "60000-50000" is not understood; write two ports/,
  ],
  'two relay addresses of one family': [
    yaml.replace('relay: 127.0.0.1', 'relay: [127.0.0.1, 127.0.0.2]'),
    /turn\.yaml:2:20: a second relay address of IPv4: there is 127\.0\.0\.1 already; write one for each family/,
  ],
  'workers that are none': [`${yaml}workers: 0\n`, /turn\.yaml:5:10: 0 is outside 1-64; write a whole number from 1/],
  'a log of another form': [`${yaml}log: xml\n`, /turn\.yaml:5:6: value "xml" is not known; write one of text, json/],
  'a user without a password': [
    yaml.replace('secret', '{ pass: x }'),
    /turn\.yaml:4:17: a user has neither password nor key; .*\n.*turn\.yaml:4:19: key "pass" is not known/,
  ],
  'a password with a control character': [
    yaml.replace('secret', '"sec\\tret"'),
    /turn\.yaml:4:17: control characters are in no password, name or realm/,
  ],
  'a key that is no MD5': [
    yaml.replace('secret', '{ key: abc }'),
    /turn\.yaml:4:24: "abc" is not understood; write the key as 32 hexadecimal digits/,
  ],
  'nobody who may use it': [
    yaml.replace(/users.*\n/, ''),
    /turn\.yaml:1:1: nobody may use the relay; write --user NAME:PASSWORD/,
  ],
  'no realm': [yaml.replace(/realm.*\n/, ''), /turn\.yaml:1:1: the realm is missing; write --realm example\.org/],
  'text that is no YAML': ['listen: [\n', /turn\.yaml:2:1: not YAML: ./],
  'a file of users that is not there': [
    `${yaml}files: { users: nobody.txt }\n`,
    /turn\.yaml:5:17: DIR\/nobody\.txt cannot be read \(ENOENT\); check the path/,
  ],
  'a file of users with bad lines': [
    `${yaml}files: { users: users.txt }\n`,
    /DIR\/users\.txt:2:1: a line without a colon; write name:password\nDIR\/users\.txt:3:5: a user has no password.*\nDIR\/users\.txt:4:1: a user has no name.*\n.*users\.txt:5:7: a second line of one user; keep one of them\n.*users\.txt:6:3: a line that is not UTF-8/,
  ],
  'nothing in it': ['\n# nothing\n', /turn\.yaml: the file is empty; begin with "listen: 192\.0\.2\.1:3478"/],
}

for (const [what, [text, says]] of Object.entries(files)) {
  test(`a config with ${what} is refused, with the place`, () => {
    using folder = new Folder()
    folder.file('users.txt', Buffer.from('alice:secret\nbob\neve:\n:secret\nalice:other\nu:\xe9\n', 'latin1'))
    const file = folder.file('turn.yaml', text)
    const resolve = (path: string): string => join(folder.path, path)
    assert.throws(
      () => loadServerConfig('turn', { file, flags: {}, cores: 1, resolve }),
      (error) => error instanceof ConfigErrors && says.test(error.message.replaceAll(folder.path, 'DIR')),
    )
  })
}

test('a config with a mistake: its place on stderr, exit 2', async () => {
  using folder = new Folder()
  const file = folder.file('turn.yaml', `${yaml}realms: x\n`)
  await isRefused(['turn', '-c', file], /^sallyport: DIR\/turn\.yaml:5:1: key "realms" is not known; did you/, folder)
})

const flags: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['turn'], /there is nothing to listen on; write --listen 192\.0\.2\.1:3478/],
  [['stun'], /there is nothing to listen on/],
  [['stun', '--listen', 'localhost:3478'], /"localhost:3478" is not understood; write ADDRESS:PORT/],
  [['stun', '--realm', 'x'], /unknown option '--realm'/],
  [[...good, '--user', 'nobody'], /users\.nobody: a user has no password; write one behind the colon/],
  [[...good, '--bandwidth', 'fast'], /limits\.bandwidth: "fast" is not understood; write bits per second/],
  [[...good, '--allow-peer', 'everybody'], /peers\.allow\[0\]: "everybody" is not understood/],
  [[...good, '--workers', 'many'], /workers: expected a whole number, got the text "many"/],
  [[...good, '--min-port', '5', '--max-port', '4'], /there is no port from 5 to 4/],
  [['turn', '-c', '/no/such.yaml'], /\/no\/such\.yaml: the file cannot be read \(ENOENT\)/],
]

for (const [args, says] of flags) {
  test(`'sallyport ${args.slice(-2).join(' ')}' is bad usage`, () => isRefused(args, says))
}

test('the example is a good config', () => {
  const file = join(import.meta.dirname, '../../../examples/turn.yaml')
  const { turn, workers, metrics } = loadServerConfig('turn', { file, flags: {}, cores: 3, resolve: (path) => path })
  assert.deepEqual(
    [workers, metrics?.value.port, turn?.realm, turn?.limits.bandwidth],
    [3, 9641, 'turn.example.org', 2e7],
  )
})

test('the reference names every key, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/reference/turn-config.md'), 'utf8')
  const named = [...text.matchAll(/^\| `([a-z]+(?:\.[a-z]+)*)` +\| .* \|$/gm)].map(([, key]) => key!)
  assert.deepEqual([...new Set(named.map((key) => key.split('.')[0]))].sort(), [...keysOf('turn')].sort())
})

test('what a config means for the server: ports that are not for peers, also where a 1:1 NAT shows them; limits', () => {
  using folder = new Folder()
  const text = `listen: 10.0.0.1:3478
relay: { address: 10.0.0.1, external: 198.51.100.1 }
realm: example.org
users: { alice: secret }
metrics: 10.0.0.1:9641
limits: { clients: { address: 7 } }
`
  const config = loadServerConfig('turn', {
    file: folder.file('turn.yaml', text),
    flags: {},
    cores: 1,
    resolve: String,
  })
  const { relay } = settingsOf(config, { addresses: ['10.0.0.1'], nonceSecret: new Uint8Array(32) })
  assert.deepEqual(relay!.policy.clients, { perAddress: 7 })
  const places = relay!.policy.filter.listening!.map(({ address, port }) => `${address}:${port}`)
  assert.deepEqual(
    new Set(places),
    new Set(['10.0.0.1:3478', '10.0.0.1:9641', '198.51.100.1:3478', '198.51.100.1:9641']),
  )
})
