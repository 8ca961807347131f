import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problems, readYaml } from '@sallyport/router/document'
import fc from 'fast-check'
import { presets } from '../../src/nat/index.ts'
import { emitYaml, type Plain } from '../../src/text/emit.ts'
import { formatInternet, parseInternet } from '../../src/text/index.ts'
import type { Internet } from '../../src/topology/internet.ts'
import { isNodeName } from '../../src/topology/name.ts'
import { hotelInternet } from '../support/internets.ts'

const share = fc.double({ min: 0, max: 1, noNaN: true })
const duration = fc.oneof(
  fc.nat(10_000),
  fc.tuple(fc.nat(999), fc.constantFrom('us', 'ms', 's', 'm', 'h')).map(([n, unit]) => `${n}${unit}`),
)
const rate = fc.oneof(
  fc.integer({ min: 1 }),
  fc.integer({ min: 1, max: 999 }).map((n) => `${n}mbit`),
)
const loss = fc.oneof(
  share,
  fc.record({ every: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ burst: share, length: fc.integer({ min: 1, max: 50 }) }, { requiredKeys: ['burst'] }),
)
const way = { delay: duration, jitter: duration, loss, reorder: share, duplicate: share, corrupt: share, rate }
const direction = fc.record({ ...way, queue: duration }, { requiredKeys: [] })
const link = fc.record(
  { ...way, queue: duration, up: direction, down: direction, mtu: fc.integer({ min: 68, max: 65535 }) },
  { requiredKeys: [] },
)
const dependence = fc.constantFrom('endpoint-independent', 'address-dependent', 'address-and-port-dependent')
const protocol = fc.oneof(fc.constant('blocked'), fc.record({ filtering: dependence }))
const nat = fc.oneof(
  fc.constantFrom('home', 'symmetric', 'none'),
  fc.record({ mapping: dependence, udp: protocol, timeouts: fc.record({ udp: fc.integer({ min: 1, max: 999 }) }) }),
  fc.record({ ports: fc.oneof(fc.constant('random'), fc.constant({ range: [1024, 2047] })) }),
)
/** Names of every kind: words of YAML, numbers, quotes, other scripts. */
const name = fc.oneof(
  fc.constantFrom(
    'true',
    'null',
    '1e3',
    '0x10',
    '1.5',
    '012',
    '12:30',
    '-',
    '~',
    'a: b',
    '#c',
    '{}',
    "it's",
    'è',
    '東京',
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter(isNodeName),
)
const hostOptions = fc.record({ link, slaac: fc.boolean() }, { requiredKeys: [] })

/** Names are the whole lab's, so they are dealt out afterwards: here, things stand for themselves by a number. */
const internet = fc
  .record({
    names: fc.uniqueArray(name, { minLength: 9, maxLength: 9 }),
    seed: fc.nat(),
    hosts: fc.array(hostOptions, { minLength: 3, maxLength: 3 }),
    uplink: link,
    nats: fc.tuple(nat, nat),
    lan: fc.constantFrom('192.168.3.0/24', '10.0.0.0/8'),
    delegated: fc.constantFrom('2001:db8:7::/48', '2001:db8:7:100::/56'),
  })
  .map(({ names, seed, hosts, uplink, nats, lan, delegated }) => ({
    seed,
    servers: { [names[0]!]: hosts[0]! },
    routers: {
      [names[1]!]: {
        nat: nats[0],
        uplink,
        lan,
        delegated,
        hosts: { [names[2]!]: hosts[1]!, [names[3]!]: {} },
        routers: { [names[4]!]: { nat: nats[1], hosts: { [names[5]!]: hosts[2]! } } },
      },
    },
  }))

test('what is formatted is read back as it was', () => {
  fc.assert(
    fc.property(internet, (made) => {
      const read = parseInternet(formatInternet(made as unknown as Internet), 'lab.yaml')
      assert.deepEqual(toPlain(read), toPlain(made))
    }),
    { numRuns: 300 },
  )
})

const plain: fc.Arbitrary<Plain> = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string({ maxLength: 8 }).filter((key) => key !== '__proto__'),
      tie('value'),
    ),
  ),
})).value

test('any plain data is read as it was written, and no text is one that YAML 1.1 would take for something else', () => {
  fc.assert(
    fc.property(plain, (value) => {
      assert.deepEqual(toPlain(readYaml(emitYaml(value), 'any.yaml', new Problems())?.value), toPlain(value))
    }),
    { numRuns: 500 },
  )
  for (const word of ['no', 'on', 'y', '1_000', '12:30', '0o14', '2026-11-21', '.5', '0b11']) {
    assert.equal(emitYaml(word), `"${word}"\n`)
  }
})

function toPlain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

test('it reads as a person would write it', () => {
  assert.equal(
    formatInternet(hotelInternet),
    `servers: { stun: {} }
routers:
  home:
    nat: home
    lan: 192.168.1.0/24
    hosts: { alice: { address: 192.168.1.9 } }
  isp:
    nat: cgnat
    addresses: 2
    routers:
      flat:
        nat: { mapping: address-dependent }
        hosts:
          carol:
            link: { delay: 20, jitter: 5, loss: { burst: 0.02, length: 8 } }
  hotel:
    nat: symmetric
    uplink: { delay: 20ms, loss: 0.01, rate: 50mbit, up: { rate: 5mbit } }
    hosts: { bob: {} }
`,
  )
})

test('a preset is written by its name, and what only a program can say is refused by the name of its router', () => {
  const named = formatInternet({ routers: { h: { nat: presets.symmetric } } })
  assert.deepEqual(parseInternet(named, 'lab.yaml'), { routers: { h: { nat: presets.symmetric.name } } })
  const rules = (): never => assert.fail('nobody asked for rules')
  assert.throws(
    () => formatInternet({ routers: { h: { nat: { rules } } } }),
    /^RangeError: router 'h': the rules are a function/,
  )
})

test('files are written relative to where the text will be', () => {
  const text = formatInternet({ routers: { h: { nat: { nft: 'labs/rules/a.nft' } } } }, 'labs/home/lab.yaml')
  assert.match(text, /nft: \.\.\/rules\/a\.nft|nft: "\.\.\/rules\/a\.nft"/)
})
