import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import { connect } from '@sallyport/nftables'
import { home, type Machine, machine, program } from './support/command.ts'

await sandbox()

let box: Machine
before(async () => {
  box = await machine()
})
after(() => box[Symbol.asyncDispose]())

/** The generation of the ruleset: it grows with every change. */
function generation(): number {
  using nftables = connect({ namespace: box.node.namespace })
  return nftables.generation()
}

const keys = (json: string): string[] => Object.keys(JSON.parse(json)).sort()

test('plan, apply, status and down print one JSON document each, in the promised shapes', async () => {
  const file = box.file(home)
  const plan = await box.sallyport('plan', '--json', '-c', file)
  assert.deepEqual([plan.status, plan.stderr, keys(plan.stdout)], [0, '', ['changes', 'messages']])
  const { changes, messages } = JSON.parse(plan.stdout)
  assert.deepEqual(changes[0], { op: 'add', kind: 'table', name: 'inet sallyport' })
  for (const change of changes) assert.deepEqual(Object.keys(change), ['op', 'kind', 'name'])

  const applied = await box.sallyport('apply', '--json', '-c', file)
  assert.equal(applied.stderr, '')
  assert.deepEqual(JSON.parse(applied.stdout), { changes, messages, applied: true, generation: generation() })
  assert.equal(box.node.sysctl('net.ipv4.ip_forward'), '1')

  const again = await box.sallyport('apply', '--json', '-c', file)
  assert.deepEqual(JSON.parse(again.stdout), { changes: [], messages: 0, applied: true, generation: generation() })

  const status = await box.sallyport('status', '--json')
  const { forwards, mappings, conntrack } = JSON.parse(status.stdout)
  assert.deepEqual(forwards, [{ port: 'tcp/6881', to: '192.168.1.100:6881', packets: 0, bytes: 0 }])
  assert.deepEqual([mappings, Object.keys(conntrack)], [[], ['count', 'max']])

  const down = await box.sallyport('down', '--json')
  assert.deepEqual([down.status, JSON.parse(down.stdout).ok], [0, true])
  assert.equal(box.node.sysctl('net.ipv4.ip_forward'), '0')
})

test('for people: what changes, in columns; then that there is nothing to change; and status in columns', async () => {
  const file = box.file(home)
  const applied = await box.sallyport('apply', '-c', file)
  assert.match(applied.stdout, /^\+ table {4}inet sallyport$/m)
  assert.match(applied.stdout, /^\+ element {2}forwards \{ tcp \. 6881 }$/m)
  assert.match(applied.stdout, /^\+ rule {5}filter_input #2: ct state invalid drop$/m)
  assert.match(applied.stdout, /^~ sysctl {3}net\.ipv4\.ip_forward = 1$/m)
  assert.match(applied.stdout, /^\d+ changes in \d+ netlink messages\.\n$/m)
  assert.deepEqual(await box.sallyport('plan', '-c', file), { status: 0, stdout: 'Nothing to change.\n', stderr: '' })
  const { stdout } = await box.sallyport('status')
  assert.match(stdout, /^FORWARD {3}TO {18}PACKETS {2}BYTES\ntcp\/6881 {2}192\.168\.1\.100:6881 {2}0 {8}0\n/)
  const down = await box.sallyport('down')
  assert.match(down.stdout, /^- table {3}inet sallyport$/m)
  assert.match(down.stdout, /changes in 1 netlink message\./)
  assert.equal(
    (await box.sallyport('status')).stdout,
    'Sallyport is not active here: there is no table inet sallyport.\n',
  )
})

/** A bad file, and what stderr has to say; `FILE` is its path. */
const badFiles: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'an unknown key': [`${home}forward: []\n`, /^sallyport: FILE:5:1: .*"forward".*did you mean "forwards"\?\n$/],
  'an interface that does not exist': [
    home.replace('eth0', 'eth9'),
    /^sallyport: FILE:1:6: there is no interface "eth9"; this machine has .*eth0.*\n$/,
  ],
  'a LAN interface that does not exist': [
    home.replace('eth1', 'eth8'),
    /^sallyport: FILE:2:8: there is no interface "eth8"; .*\n$/,
  ],
  'YAML that does not parse': ['wan: eth0\nlan: { eth1: 192.168.1.1/24\nhosts: [\n', /^sallyport: FILE:\d+:\d+: .+\n/],
}

for (const [what, [text, says]] of Object.entries(badFiles)) {
  for (const command of ['plan', 'apply']) {
    test(`${command} with ${what}: its place on stderr, exit 2, nothing changed`, async () => {
      const file = box.file(text)
      const before = generation()
      const forwarding = box.node.sysctl('net.ipv4.ip_forward')
      const { status, stdout, stderr } = await box.sallyport(command, '--json', '-c', file)
      assert.deepEqual([status, stdout], [2, ''])
      assert.match(stderr.replaceAll(file, 'FILE'), says)
      assert.equal(generation(), before)
      assert.equal(box.node.sysctl('net.ipv4.ip_forward'), forwarding)
    })
  }
}

/** In a user namespace of its own, but the network namespace of the machine: a stranger to it, whoever runs the tests. */
const unprivileged = (...args: string[]): ReturnType<Machine['sallyport']> =>
  box.node.exec('unshare', ['--user', process.execPath, ...args])

for (const command of [['plan', '-c'], ['apply', '-c'], ['status'], ['down'], ['watch']] as const) {
  test(`${command[0]} without privilege: exit 1, and what is missing and how to run it`, async () => {
    const args = command.length > 1 ? [...command, box.file(home)] : [...command]
    const before = generation()
    const { status, stdout, stderr } = await unprivileged(program, ...args, '--json')
    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /^sallyport: .*EPERM.*CAP_NET_ADMIN.*run it as root \(sudo\).*\n$/)
    assert.equal(generation(), before)
  })
}

test('render needs no privilege, and prints what nft reads', async () => {
  const { status, stdout, stderr } = await unprivileged(program, 'render', '-c', box.file(home))
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^table inet sallyport \{\n[\s\S]*\n}\n$/)
})

const misused: readonly (readonly [args: readonly string[], says: RegExp])[] = [
  [['frobnicate'], /^sallyport: unknown command 'frobnicate'\n/],
  [['aply'], /Did you mean apply\?/],
  [['apply'], /^sallyport: required option '-c, --config <file>' not specified\n/],
  [['plan', '-c'], /^sallyport: option '-c, --config <file>' argument missing\n/],
  [['status', '--colour'], /^sallyport: unknown option '--colour'\n/],
  [['down', 'now'], /^sallyport: too many arguments/],
  [['plan', '-c', '/no/such/file.yaml'], /^sallyport: \/no\/such\/file\.yaml.*no such file/],
  [[], /^Usage: sallyport/],
]

for (const [args, says] of misused) {
  test(`'sallyport ${args.join(' ')}' is bad usage: exit 2, and why`, async () => {
    const { status, stdout, stderr } = await box.sallyport(...args)
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, says)
    assert.doesNotMatch(stderr, /\n {4}at /)
  })
}

test('--help and --version print on stdout and are done', async () => {
  const help = await box.sallyport('--help')
  assert.equal(help.status, 0)
  for (const command of ['demo', 'plan', 'apply', 'render', 'status', 'watch', 'down']) {
    assert.match(help.stdout, new RegExp(`^ {2}${command} `, 'm'))
  }
  assert.match((await box.sallyport('--version')).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('a reader that goes away early is no mistake', async () => {
  const child = box.node.spawn(process.execPath, [program, 'render', '-c', box.file(home)], { stdio: 'pipe' })
  child.stdout!.destroy()
  let complaints = ''
  child.stderr!.on('data', (text) => {
    complaints += text
  })
  assert.deepEqual(await once(child, 'close'), [0, null])
  assert.equal(complaints, '')
})

test('what is odd but no mistake is said on stderr, and apply goes on', async () => {
  const file = box.file(home.replace('192.168.1.1/24', '192.168.1.254/24'))
  const { status, stdout, stderr } = await box.sallyport('apply', '--json', '-c', file)
  assert.deepEqual([status, JSON.parse(stdout).applied], [0, true])
  assert.equal(stderr, `sallyport: ${file}:2:14: eth1 does not have the address 192.168.1.254/24 yet\n`)
  assert.equal((await box.sallyport('down')).status, 0)
})
