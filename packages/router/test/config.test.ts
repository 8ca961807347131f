import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import test from 'node:test'
import { parse } from 'yaml'
import { type Config, type Forward, loadConfig, parseConfig } from '../src/config/index.ts'
import { configJsonSchema, fileShape } from '../src/config/schema.ts'

const repository = new URL('../../../', import.meta.url)
const example = new URL('examples/console-gaming.yaml', repository)
const head = 'wan: eth0\nlan: { eth1: 192.168.1.1/24 }\n'
const parseText = (text: string): Config => parseConfig(text, { file: 'good.yaml' })

test('a config with everything becomes its runtime form, with the place of each thing', () => {
  const config = parseText(`wan: [eth0, wwan0]
lan:
  eth1: [192.168.1.1/24, 2001:DB8:1::1/64]
hosts:
  workstation: 192.168.1.100
  switch-1: { address: 192.168.1.101, owns: [tcp+udp/45000-45010] }
nat:
  mapping: endpoint-independent
  filtering: address-dependent
  protocols: [udp, tcp]
  hosts: [switch-1]
  reserved: [udp/5353, udp/0-1023, udp/1024]
  timeout: 2m
  limit: 64
  takeover: 30s
forwards:
  - tcp/1000 -> workstation:2345
  - { from: udp/30000-30100, to: 192.168.1.101:40000-40100 }
allow:
  - lan -> wan
  - lan -> lan: [icmp]
  - wan -> router: [tcp/22, icmp]
  - wan -> router: [tcp/20-21]
conntrack: { max: 1000000, timeouts: { udp_stream: 30s, tcp_established: 2h, tcp_close: 4m } }
`)
  const at = (line: number, column: number, path: string) => ({ file: 'good.yaml', line, column, path })
  const owned = { from: 45000, to: 45010, position: at(6, 46, 'hosts.switch-1.owns[0]') }
  const switch1 = {
    name: 'switch-1',
    address: '192.168.1.101',
    owns: [
      { protocol: 'tcp', ...owned },
      { protocol: 'udp', ...owned },
    ],
    position: at(6, 24, 'hosts.switch-1.address'),
  } as const
  const nothing = { all: false, icmp: false, ports: [] }
  const lan = { address: '192.168.1.1', prefix: 24, network: '192.168.1.0' }
  const lan6 = { address: '2001:db8:1::1', prefix: 64, network: '2001:db8:1::' }
  const workstation = { name: 'workstation', address: '192.168.1.100' }
  assert.deepEqual(config, {
    file: 'good.yaml',
    wan: [
      { name: 'eth0', position: at(1, 7, 'wan[0]') },
      { name: 'wwan0', position: at(1, 13, 'wan[1]') },
    ],
    lan: [
      {
        name: 'eth1',
        position: at(3, 3, 'lan.eth1'),
        addresses: [
          { family: 4, ...lan, position: at(3, 10, 'lan.eth1[0]') },
          { family: 6, ...lan6, position: at(3, 26, 'lan.eth1[1]') },
        ],
      },
    ],
    hosts: [{ ...workstation, owns: [], position: at(5, 16, 'hosts.workstation') }, switch1],
    nat: {
      mapping: 'endpoint-independent',
      filtering: 'address-dependent',
      protocols: ['tcp', 'udp'],
      hosts: [switch1],
      reserved: [
        { protocol: 'udp', from: 0, to: 1024 },
        { protocol: 'udp', from: 5353, to: 5353 },
      ],
      timeout: 120,
      limit: 64,
      takeover: 30,
    },
    forwards: [
      {
        protocol: 'tcp',
        from: 1000,
        to: 1000,
        host: workstation,
        target: { from: 2345, to: 2345 },
        position: at(17, 5, 'forwards[0]'),
        text: 'tcp/1000 -> workstation:2345',
      },
      {
        protocol: 'udp',
        from: 30000,
        to: 30100,
        host: { name: 'switch-1', address: '192.168.1.101' },
        target: { from: 40000, to: 40100 },
        position: at(18, 13, 'forwards[1].from'),
        text: 'udp/30000-30100 -> 192.168.1.101:40000-40100',
      },
    ],
    allow: {
      lanToWan: { all: true, icmp: true, ports: [] },
      lanToLan: { ...nothing, icmp: true },
      lanToRouter: nothing,
      wanToRouter: { all: false, icmp: true, ports: [{ protocol: 'tcp', from: 20, to: 22 }] },
    },
    conntrack: { max: 1_000_000, timeouts: { udp_stream: 30, tcp_established: 7200, tcp_close: 240 } },
  } satisfies Config)
})

test('what is left out has the defaults that the docstrings promise', () => {
  const { hosts, nat, forwards, allow, conntrack } = parseText(head)
  const port = (protocol: string, from: number, to = from) => ({ protocol, from, to })
  assert.deepEqual([hosts, forwards], [[], []])
  assert.deepEqual(conntrack, { max: undefined, timeouts: {} })
  assert.deepEqual(nat, {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    protocols: ['udp'],
    hosts: 'lan',
    reserved: [port('tcp', 0, 1023), port('udp', 0, 1023)],
    timeout: 300,
    limit: 'none',
    takeover: 120,
  })
  const ports = [port('tcp', 22), port('tcp', 53), port('udp', 53), port('udp', 67), port('udp', 547)]
  assert.deepEqual(allow, {
    lanToWan: { all: true, icmp: true, ports: [] },
    lanToLan: { all: false, icmp: false, ports: [] },
    lanToRouter: { all: false, icmp: true, ports },
    wanToRouter: { all: false, icmp: false, ports: [] },
  })
})

test('longer timers of UDP give the longer right to the port that they need, up to the timeout', () => {
  const takeover = (text: string): number => parseText(`${head}${text}`).nat.takeover
  assert.equal(takeover('conntrack: { timeouts: { udp: 60s, udp_stream: 180s } }'), 180)
  assert.equal(takeover('conntrack: { timeouts: { udp: 60s, udp_stream: 90s } }'), 120)
  const symmetric = 'nat: { mapping: address-and-port-dependent }\nconntrack: { timeouts: { udp_stream: 1h } }'
  assert.equal(takeover(symmetric), 300, 'where no port is taken over, nothing has to be said')
})

test('a forward may use a port that is reserved by default only', () => {
  const [forward] = parseText(`${head}forwards: [tcp/443 -> 192.168.1.9]`).forwards
  assert.deepEqual(forward!.host, { name: '192.168.1.9', address: '192.168.1.9' })
})

test('the takeover is never longer than a short timeout, and an empty list of hosts is nobody', () => {
  const { nat } = parseText(`${head}nat: { timeout: 5s, hosts: [] }`)
  assert.deepEqual([nat.timeout, nat.takeover, nat.hosts], [5, 5, []])
})

test('a mapping that depends on the destination brings its filtering along', () => {
  const { nat } = parseText(`${head}nat: { mapping: address-and-port-dependent }`)
  assert.equal(nat.filtering, 'address-and-port-dependent')
})

test('JSON with tabs, Windows line ends, a byte order mark and anchors are read too', () => {
  const json = '{\n\t"$schema": "x",\n\t"wan": "eth0",\n\t"lan": {\n\t\t"eth1": "192.168.1.1/24"\n\t}\n}\n'
  const { lan } = parseText(json)
  assert.deepEqual([lan[0]!.position.line, lan[0]!.position.column], [5, 3])
  assert.deepEqual(parseText(`\ufeff${head.replaceAll('\n', '\r\n')}`).wan[0]!.position.line, 1)
  const { forwards } = parseText(`${head}forwards: [&a tcp/5 -> 192.168.1.5]\nhosts: { a: &b 192.168.1.5 }`)
  assert.equal(forwards[0]!.host.name, 'a')
})

/** Hosts and forwards, as many of each. */
function manyForwards(count: number): string {
  const indexes = Array.from({ length: count }, (_, i) => i)
  const hosts = indexes.map((i) => `  h${i}: 10.0.${(i >> 8) + 1}.${i & 255}`)
  const forwards = indexes.map((i) => `  - tcp/${i * 4 + 1}-${i * 4 + 3} -> h${i}:${i + 1}-${i + 3}`)
  return `wan: eth0\nlan: { eth1: 10.0.0.1/8 }\nhosts:\n${hosts.join('\n')}\nforwards:\n${forwards.join('\n')}\n`
}

/** Milliseconds of the fastest of three. */
function fastest(work: () => unknown): number {
  const times = [1, 2, 3].map(() => {
    const start = performance.now()
    work()
    return performance.now() - start
  })
  return Math.min(...times)
}

test('ten times as many forwards and hosts take about ten times as long, not a hundred times', () => {
  const [few, many] = [manyForwards(1000), manyForwards(10_000)]
  assert.equal(parseText(many).forwards.length, 10_000)
  const ratio = fastest(() => parseText(many)) / fastest(() => parseText(few))
  assert.ok(ratio < 40, `${ratio.toFixed(1)} times as long`)
})

test('the example is valid, and is what the demo needs', async () => {
  const { hosts, nat, forwards } = await loadConfig(example.pathname)
  assert.deepEqual(
    hosts.map((host) => host.name),
    ['workstation', 'switch-1', 'switch-2', 'switch-3'],
  )
  assert.deepEqual([nat.mapping, nat.filtering], ['endpoint-independent', 'endpoint-independent'])
  const short = ({ protocol, from, to, target }: Forward) => `${protocol}/${from}-${to}:${target.from}-${target.to}`
  assert.deepEqual(forwards.map(short), [
    'tcp/6881-6881:6881-6881',
    'tcp/1000-1000:2345-2345',
    'udp/30000-30099:30000-30099',
  ])
})

test('the JSON Schema is the one that the shapes make, and the examples have that shape', async () => {
  const written = await readFile(new URL('schema/config.schema.json', repository), 'utf8')
  assert.deepEqual(JSON.parse(written), configJsonSchema(), 'stale: run node scripts/schema.ts')
  for (const file of [example, new URL('examples/full-cone.yaml', repository)])
    assert.deepEqual(fileShape.safeParse(parse(await readFile(file, 'utf8'))).error, undefined)
})

test('the patterns for editors take what the parsers take', () => {
  const accepts = (schema: unknown, text: string): boolean =>
    [...patterns(schema)].some((pattern) => new RegExp(pattern).test(text))
  const { properties } = configJsonSchema() as { properties: Record<string, unknown> }
  const good: [string, string][] = [
    ['forwards', 'tcp/1000 -> workstation:2345'],
    ['forwards', 'tcp+udp/1-5->192.168.1.7:10-14'],
    ['allow', 'lan -> wan'],
    ['allow', 'icmp'],
    ['nat', 'udp/0-1024'],
    ['nat', '5m'],
    ['lan', '2001:db8:1::1/64'],
    ['wan', 'eth0.10@x'],
  ]
  for (const [key, text] of good) assert.ok(accepts(properties[key], text), `${key}: ${text}`)
  for (const [key, text] of [
    ['forwards', 'tcp/http -> a'],
    ['allow', 'wan -> lan'],
    ['wan', 'a/b'],
  ] as const) {
    assert.ok(!accepts(properties[key], text), `${key}: ${text}`)
  }
})

function* patterns(schema: unknown): Generator<string> {
  if (typeof schema !== 'object' || schema === null) return
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'pattern') yield value
    else yield* patterns(value)
  }
}
