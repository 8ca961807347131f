import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileConfig, contradicts } from '../src/compile/index.ts'
import { keptRange, merged, PLAIN_PORTS, remapRange, unavailablePorts } from '../src/compile/ports.ts'
import { type Config, ConfigErrors, parseConfig } from '../src/config/index.ts'
import { desiredTable } from '../src/plan/desired.ts'
import { render } from '../src/render.ts'

const head = `
wan: wan
lan: { lan: 192.168.1.1/24 }
hosts: { a: 192.168.1.10, b: { address: 192.168.1.11, owns: [udp/45000-45010] } }
`
const config = (rest = ''): Config => parseConfig(head + rest, { file: 'r.yaml' })
const rulesOf = (one: Config): number =>
  desiredTable(compileConfig(one).ruleset).chains.flatMap(({ rules }) => rules).length

test('the number of rules is the same at 10 and at 10,000 forwards', () => {
  const forwards = (count: number): string =>
    `forwards: [${Array.from({ length: count }, (_, n) => `tcp/${2000 + n} -> a`).join(', ')}]`
  assert.equal(rulesOf(config(forwards(10_000))), rulesOf(config(forwards(10))))
})

test('what is reserved, forwarded, owned or served is not given away, nor the ports of those who may open none', () => {
  const one = config('nat: { reserved: [udp/0-1023] }\nforwards: [udp/7000 -> a]\nallow: [wan -> router: [udp/51820]]')
  assert.deepEqual(unavailablePorts(one, 'udp'), [
    { from: 0, to: 1023 },
    { from: 7000, to: 7000 },
    { from: 45000, to: 45010 },
    { from: 51820, to: 51820 },
    PLAIN_PORTS,
  ])
})

test('ranges that touch or overlap are merged, and hold the same ports as before', () => {
  const range = fc.tuple(fc.nat(200), fc.nat(20)).map(([from, more]) => ({ from, to: from + more }))
  fc.assert(
    fc.property(fc.array(range), (ranges) => {
      const ports = (list: readonly { from: number; to: number }[]): Set<number> =>
        new Set(list.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n)))
      const result = merged(ranges)
      assert.deepEqual([...ports(result)].sort(), [...ports(ranges)].sort())
      for (const [index, { from }] of result.entries()) if (index > 0) assert.ok(from > result[index - 1]!.to + 1)
    }),
  )
})

test('hosts move to the highest roomy run of free ports', () => {
  assert.deepEqual(remapRange(config('nat: { reserved: [udp/0-1023] }'), 'udp'), { from: 45011, to: 60999 })
  const crowded = config('nat: { reserved: [udp/0-1023, udp/45011-60999, udp/20000-44990] }')
  assert.deepEqual(remapRange(crowded, 'udp'), { from: 1024, to: 19999 })
})

test('a port that a host may keep lies between the first free one and the plain range', () => {
  assert.deepEqual(keptRange(config('nat: { reserved: [udp/0-1024] }'), 'udp'), { from: 1025, to: 60999 })
  assert.deepEqual(keptRange(config('nat: { reserved: [] }'), 'tcp'), { from: 1, to: 60999 })
})

test('a config that leaves no room for mappings is refused', () => {
  assert.throws(() => compileConfig(config('nat: { reserved: [udp/0-60990] }')), ConfigErrors)
})

test('a limit for every address of a large LAN is refused', () => {
  const large = parseConfig('wan: w\nlan: { l: 10.0.0.1/16 }\nnat: { limit: 5 }', { file: 'r.yaml' })
  assert.throws(() => compileConfig(large), /65536 addresses/)
})

test('the same config gives the same text', () => {
  const rest = 'nat: { filtering: endpoint-independent, protocols: [udp, tcp], hosts: [a, b] }\nforwards: [tcp/80 -> a]'
  assert.equal(render(config(rest)), render(config(rest)))
})

test('a learned element stands against a config that gives its port or its host away', () => {
  const [set] = desiredTable(compileConfig(config('nat: { filtering: endpoint-independent }')).ruleset).sets.filter(
    ({ set }) => set.name === 'ext',
  )
  const port = (number: number): number[] => [number >> 8, number & 0xff, 0, 0]
  const mapping = (external: number, host: number): Parameters<ReturnType<typeof contradicts>>[1] => ({
    key: Uint8Array.from([17, 0, 0, 0, ...port(external)]),
    data: { value: Uint8Array.from([192, 168, 1, host, ...port(50000)]) },
  })
  const against = (rest: string, external: number, host: number): boolean =>
    contradicts(config(rest))(set!.set, mapping(external, host))
  assert.equal(against('', 50000, 10), false)
  assert.equal(against('forwards: [udp/50000 -> b]', 50000, 10), true)
  assert.equal(against('nat: { reserved: [udp/49000-50000] }', 50000, 10), true)
  assert.equal(against('nat: { hosts: [b] }', 50000, 10), true)
  assert.equal(against('nat: { protocols: [tcp] }', 50000, 10), true)
})
