import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { everybody, example, hold, inner, labCommand } from './support/labs.ts'

// No sandbox here: the command makes its own.

for (const who of everybody) {
  test(`${who.name}: a program runs beside the nodes, enters them by name, and its exit status is that of lab run`, () => {
    const line = `${inner('list')}; ${inner('exec alice -- ip -br addr show eth0')}; cat /proc/net/dev; exit 7`
    const { status, stdout, stderr } = labCommand(['run', example('two-homes.yaml'), '--', 'sh', '-c', line], who)
    assert.equal(stderr, '')
    assert.equal(status, 7)
    assert.match(stdout, /^two-homes {2}\d+ +stun rendezvous home-a alice home-b bob$/m)
    assert.match(stdout, /^eth0@\S+ +UP +192\.168\.\d+\.\d+\/24/m)
    assert.doesNotMatch(stdout, /^ *(eth0|wan|lan):/m, 'the namespace of the program has lo only')
  })

  test(`${who.name}: a lab that is held is entered from outside, and ends with SIGTERM and status 0`, async () => {
    await using held = await hold([example('two-homes.yaml'), '--name', `held-${who.name}`], who)
    const { id } = held.lab
    const enter = (...command: string[]): ReturnType<typeof labCommand> =>
      labCommand(['exec', '--lab', id, 'alice', '--', ...command], who)
    const { status, stdout } = enter('sh', '-c', 'ip -br addr show eth0 && ip addr add 10.9.9.9/32 dev lo && exit 3')
    assert.match(stdout, /^eth0@\S+ +UP +192\.168\.1\.2\/24/)
    assert.equal(status, 3)
    assert.match(
      enter('ip', '-br', 'addr', 'show', 'lo').stdout,
      /10\.9\.9\.9/,
      'it is the node itself that was changed',
    )
    held.process.kill('SIGTERM')
    assert.deepEqual(await once(held.process, 'exit'), [0, null])
    assert.match(enter('true').stderr, /^sallyport: no lab (is running|'held-)/)
  })
}

test('root enters the lab of an ordinary user as that user', { skip: everybody.length < 2 && 'not root' }, async () => {
  await using held = await hold([example('two-homes.yaml'), '--name', 'theirs'], everybody[1]!)
  const command = ['exec', '--lab', held.lab.id, 'bob', '--', 'sh', '-c', 'id -u; ip addr add 10.9.9.9/32 dev lo']
  const { status, stdout, stderr } = labCommand(command)
  assert.deepEqual([status, stdout, stderr], [0, '0\n', ''])
})

test('with --in the program is inside the node, and with --json its output is on stderr', () => {
  const command = [
    'run',
    '--json',
    '--in',
    'bob',
    '--name',
    'two',
    example('two-homes.yaml'),
    '--',
    'ip',
    '-br',
    'addr',
  ]
  const { status, stdout, stderr } = labCommand(command)
  assert.match(stderr, /^eth0@\S+ +UP +192\.168\.2\.2\/24/m)
  const result = JSON.parse(stdout)
  assert.deepEqual([status, result.status, result.name, result.command], [0, 0, 'two', ['ip', '-br', 'addr']])
  assert.deepEqual(result.nodes.find(({ name }: { name: string }) => name === 'bob').interfaces, {
    eth0: ['192.168.2.2/24'],
  })
})

for (const name of ['two-homes', 'carrier-grade', 'hotel']) {
  test(`the example ${name} runs, and alice and bob reach the server`, () => {
    const connect = (node: string): string =>
      inner(`exec ${node} -- '${process.execPath}' -e "${reaches('203.0.113.1')}"`)
    const { status, stderr } = labCommand([
      'run',
      example(`${name}.yaml`),
      '--',
      'sh',
      '-c',
      `${connect('alice')} && ${connect('bob')}`,
    ])
    assert.equal(stderr, '')
    assert.equal(status, 0)
  })
}

/** A program for node -e: ends with 0 when a TCP connection is refused by the address itself, which proves it was reached. */
function reaches(address: string): string {
  return `require('net').connect(9,'${address}').on('error',(e)=>process.exit(e.code==='ECONNREFUSED'?0:1))`
}

test('a NAT that is not what its name promises is told by what it does, and the program is not run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
  try {
    const path = join(folder, 'lab.mts')
    // The words of a full cone, and the rules of a symmetric NAT.
    const rules = '(site) => rulesOf(presets.symmetric.behaviour, site)'
    const liar = `{ name: 'liar', title: '', devices: [], behaviour: presets.fullCone.behaviour, rules: ${rules} }`
    writeFileSync(
      path,
      `import { presets, rulesOf } from '${import.meta.resolve('@sallyport/lab')}'\n` +
        `export default { routers: { home: { nat: ${liar} } } }\n`,
    )
    const { status, stdout, stderr } = labCommand(['run', path, '--', 'echo', 'ran'])
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^sallyport: router 'home' does not do what 'liar' promises; --no-prove runs it as it is:$/m)
    assert.match(stderr, /^sallyport: {3}UDP mapping: address-and-port-dependent instead of endpoint-independent$/m)
    assert.match(stderr, /^sallyport: {5}\S+:55551 was seen by \S+ from \S+ and \(its other port\) /m)
    const forced = labCommand(['run', path, '--no-prove', '--', 'echo', 'ran'])
    assert.deepEqual([forced.status, forced.stdout, forced.stderr], [0, 'ran\n', ''])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an nft file for other interfaces is told which ones there are; a router of IPv6 alone is not measured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
  try {
    const [rules, path] = [join(folder, 'mine.nft'), join(folder, 'lab.yaml')]
    const chain = 'type nat hook postrouting priority srcnat\noifname "eth1" masquerade\n'
    writeFileSync(rules, `table ip nat {\nchain post {\n${chain}}\n}\n`)
    writeFileSync(
      path,
      'families: [ipv4, ipv6]\nrouters:\n  mine: { nat: { nft: mine.nft } }\n  six: { lan: none, nat64: true }\n',
    )
    const { status, stderr } = labCommand(['run', path, '--', 'true'])
    assert.deepEqual(
      [status, stderr.replace(rules, 'mine.nft')],
      [
        0,
        "sallyport: router 'mine' has no interface eth1, on which mine.nft translates: " +
          'it has wan and lan, in the file $wan and $lan\n',
      ],
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('with --capture every link is in a pcapng file once the program has ended', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-'))
  try {
    const path = join(folder, 'all.pcapng')
    const line = inner(`exec alice -- '${process.execPath}' -e "${reaches('203.0.113.1')}"`)
    const args = ['run', '--no-prove', '--capture', path, example('two-homes.yaml'), '--', 'sh', '-c', line]
    const { status, stderr } = labCommand(args)
    assert.deepEqual([status, stderr], [0, ''])
    const bytes = readFileSync(path)
    assert.equal(bytes.readUInt32BE(0), 0x0a0d0d0a) // Section Header Block
    for (const name of ['alice', 'home-a', 'stun']) assert.ok(bytes.includes(name), `an interface of ${name}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

/** What does not do, its exit status, and what is said. */
const refused: readonly (readonly [args: readonly string[], status: number, says: RegExp])[] = [
  [['run', '/no/such.yaml'], 2, /^sallyport: \/no\/such\.yaml: the topology cannot be read \(ENOENT/],
  [
    ['run', example('two-homes.yaml'), '--in', 'carol', '--', 'true'],
    2,
    /^sallyport: there is no node 'carol'; known: /,
  ],
  [['run', example('two-homes.yaml'), '--', '/no/such'], 127, /^sallyport: \/no\/such cannot be started \(ENOENT\)/],
  [['run', example('two-homes.yaml'), '--', '/etc'], 126, /^sallyport: \/etc cannot be started \(EACCES\)/],
  [
    ['run', example('two-homes.yaml'), '--capture', '/no/such/all.pcapng', '--', 'true'],
    2,
    /^sallyport: --capture: \/no\/such\/all\.pcapng cannot be written \(ENOENT\); name a file in a folder/,
  ],
  [
    ['run', example('two-homes.yaml'), 'ls', '-l'],
    2,
    /lab run --help says .*; a program and its options stand behind --/,
  ],
  [['exec', 'alice', '--lab', 'nobody@1', '--', 'true'], 1, /^sallyport: no lab/],
  [['exec', 'alice'], 2, /^sallyport: missing required argument 'command'/],
  [
    ['draw', example('hotel.yaml'), '--format', 'png'],
    2,
    /^sallyport: option '--format <format>' argument 'png' is invalid/,
  ],
]

for (const [args, expected, says] of refused) {
  test(`'lab ${args.join(' ').replace(/\/\S*\//, '')}' is refused with ${expected}, and with a sentence`, () => {
    const { status, stdout, stderr } = labCommand(args)
    assert.deepEqual([status, stdout], [expected, ''])
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /\n {4}at /)
  })
}
