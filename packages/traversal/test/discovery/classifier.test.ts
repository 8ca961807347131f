import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dependence, grade } from '../../src/discovery/index.ts'
import {
  changeRequest,
  decodeMessage,
  encodeMessage,
  mappedAddress,
  otherAddress,
  xorMappedAddress,
} from '../../src/stun/index.ts'
import { Nat, type NatWords } from './support/nat.ts'
import { addresses, type FakeServer, plain, ports, World, whole } from './support/world.ts'

const WAN = '198.51.100.1'
const server = { address: addresses[0], port: ports[0] }
const second = { address: addresses[1], port: ports[0] }
const words: readonly Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent']

function behind(nat: NatWords, servers: readonly FakeServer[] = [whole()], host?: readonly string[]): World {
  return new World(new Nat(WAN, nat), servers, host)
}

for (const mapping of words) {
  for (const filtering of words) {
    test(`${mapping} mapping with ${filtering} filtering is named so`, () => {
      for (const preservesPort of [true, false]) {
        // A NAT that preserves ports and does not overload them has another one for the second destination.
        const found = behind({ mapping, filtering, preservesPort }).discover({ servers: [server] })
        assert.deepEqual([found?.mapping, found?.filtering], [mapping, filtering])
        assert.equal(found?.preservesPort, preservesPort)
        assert.equal(found?.grade, grade(mapping, filtering))
      }
    })
  }
}

test('the same words come out when every fourth packet is lost', () => {
  for (const filtering of words) {
    const world = behind({ mapping: 'endpoint-independent', filtering })
    world.lose = (packet) => packet % 4 === 0
    const found = world.discover({ servers: [server] })
    assert.deepEqual([found?.mapping, found?.filtering], ['endpoint-independent', filtering])
  }
})

test('hairpinning is told with the source that is seen', () => {
  for (const hairpin of ['external-source', 'internal-source', 'other-source', 'none'] as const) {
    const nat = { mapping: 'endpoint-independent', filtering: 'address-dependent', hairpin } as const
    assert.equal(behind(nat).discover({ servers: [server] })?.hairpin, hairpin)
  }
})

test('a NAT with a port for each destination hairpins when the address is the external one', () => {
  const nat = {
    mapping: 'address-and-port-dependent',
    filtering: 'endpoint-independent',
    preservesPort: false,
  } as const
  assert.equal(behind(nat).discover({ servers: [server] })?.hairpin, 'external-source')
})

test('a host without a NAT is told so', () => {
  const found = new World(undefined, [whole()], [WAN]).discover({ servers: [server] })
  assert.deepEqual([found?.grade, found?.doubleNat, found?.preservesPort], ['A', 'no', true])
  assert.match(found!.why.join('\n'), /there is no NAT/)
})

for (const [knocked, reason] of [
  ['accepted', /10:3478 takes TCP and does not answer UDP: it is UDP that does not get through$/],
  ['refused', /10:3478 is there, it refuses TCP: UDP does not get through, or no STUN server is there$/],
  ['silence', /10:3478 does not answer TCP either: nothing gets through, or the server is off$/],
] as const) {
  test(`silence is grade F, and what it may mean is asked by TCP: ${knocked}`, () => {
    const world = behind({ mapping: 'endpoint-independent', filtering: 'endpoint-independent', blocked: true })
    world.knocked = knocked
    const found = world.discover({ servers: [server, second] })
    assert.deepEqual([found.grade, found.mapping, found.external], ['F', 'blocked', null])
    const [one, other, last] = found.why
    assert.deepEqual([one, other], ['no answer from 203.0.113.10:3478', 'no answer from 203.0.113.11:3478'])
    assert.match(last!, reason)
  })
}

test('a plain server tells the external address, and everything else is unknown', () => {
  const found = behind(cone, [plain(addresses[0])]).discover({ servers: [server] })
  assert.deepEqual([found?.mapping, found?.filtering, found?.grade], ['unknown', 'unknown', 'unknown'])
  assert.equal(found?.external?.split(':')[0], WAN)
  assert.equal(found?.hairpin, 'external-source')
  assert.match(found!.why.join('\n'), /A, B, C or D/)
})

const cone = { mapping: 'endpoint-independent', filtering: 'endpoint-independent' } as const

test('two plain servers tell whether the mapping depends on the destination, and no more', () => {
  const servers = [server, second]
  const both = (): FakeServer[] => [plain(addresses[0]), plain(addresses[1])]
  const independent = behind(cone, both()).discover({ servers })
  assert.deepEqual(
    [independent?.mapping, independent?.filtering, independent?.grade],
    ['endpoint-independent', 'unknown', 'unknown'],
  )
  assert.match(independent!.why.join('\n'), /A or B/)
  const dependent = behind({ ...cone, mapping: 'address-dependent' }, both()).discover({ servers })
  assert.deepEqual([dependent?.mapping, dependent?.grade], ['dependent', 'unknown'])
  assert.match(dependent!.why.join('\n'), /C or D/)
})

test('two ports of one plain server tell a mapping that depends on the port, and nothing of one that does not', () => {
  const both = (): FakeServer[] => [plain(addresses[0], 3478), plain(addresses[0], 3479)]
  const servers = [server, { ...server, port: 3479 }]
  const nat = { ...cone, mapping: 'address-and-port-dependent' } as const
  assert.equal(behind(nat, both()).discover({ servers })?.grade, 'D')
  assert.equal(behind(cone, both()).discover({ servers })?.mapping, 'unknown')
})

/** Answers, and says that it has another address. */
function pretender(answerFrom: (at: number, changed: boolean) => number | undefined): FakeServer {
  const honest = whole()
  return {
    endpoints: honest.endpoints,
    answer: (datagram, at, from) => {
      const request = decodeMessage(datagram)!
      const via = answerFrom(at, request.has(changeRequest))
      if (via === undefined) return undefined
      const header = { class: 'success', method: 1, transaction: request.transaction } as const
      const attributes = [xorMappedAddress.of(from), otherAddress.of(honest.endpoints[at ^ 3]!)]
      return { bytes: encodeMessage(header, attributes), to: from, via }
    },
  }
}

test('no more than ten new requests begin in a second (RFC 5780 section 5), however near the server is', () => {
  const world = behind(cone)
  world.discover({ servers: [server], lifetime: { most: 10_000 } })
  const times = [...world.asked.values()]
  assert.ok(times.length > 30, `${times.length}`)
  for (const [index, time] of times.entries()) {
    assert.ok(index < 10 || time - times[index - 10]! >= 1000, `request ${index} at ${time} ms`)
  }
})

test('a gateway that rewrites addresses within packets is noticed, and what was hidden from it counts', () => {
  const honest = whole()
  const meddled: FakeServer = {
    endpoints: honest.endpoints,
    answer: (bytes, at, from, now) => {
      const answer = honest.answer(bytes, at, from, now)
      const message = answer && decodeMessage(answer.bytes)
      if (message === undefined) return answer
      const place = message.places.find(({ type }) => type === mappedAddress.type)!
      answer!.bytes.set([192, 168, 1, 10], place.at + 8)
      return answer
    },
  }
  const found = behind(cone, [meddled]).discover({ servers: [server] })
  assert.equal(found.mapping, 'endpoint-independent')
  assert.match(found.external!, /^198\.51\.100\.1:/)
  assert.match(found.why.join('\n'), /came as 192\.168\.1\.10:\d+ where it was not hidden: .*\(an ALG\)/)
})

test('a server that answers a CHANGE-REQUEST from where it was asked makes nobody call a filter open', () => {
  const found = behind(cone, [pretender((at) => at)]).discover({ servers: [server] })
  assert.deepEqual([found?.mapping, found?.filtering], ['endpoint-independent', 'unknown'])
  assert.match(found!.why.join('\n'), /answered from 203\.0\.113\.10:3478 when asked for another address/)
})

test('a server that keeps silent on a CHANGE-REQUEST makes nobody call a filter narrow', () => {
  const found = behind(cone, [pretender((at, changed) => (changed ? undefined : at))]).discover({ servers: [server] })
  assert.deepEqual([found?.mapping, found?.filtering, found?.grade], ['endpoint-independent', 'unknown', 'unknown'])
  assert.match(found!.why.join('\n'), /even where it may get in/)
})

test('a private external address is a double NAT, and so is a router that says it has another one', () => {
  const inner = new World(new Nat('100.64.0.5', cone), [whole()])
  assert.equal(inner.discover({ servers: [server] })?.doubleNat, 'yes')
  assert.equal(behind(cone).discover({ servers: [server] })?.doubleNat, 'unknown')
  assert.equal(behind(cone).discover({ servers: [server], routerAddress: '10.0.0.7' })?.doubleNat, 'yes')
  assert.equal(behind(cone).discover({ servers: [server], routerAddress: WAN })?.doubleNat, 'no')
})

test('the router’s address of the other family tells nothing of a double NAT', () => {
  const found = behind(cone).discover({ servers: [server], routerAddress: '2001:db8::1' })
  assert.equal(found.doubleNat, 'unknown')
  assert.match(found.why.join('\n'), /2001:db8::1 and 198\.51\.100\.1 outside are of two families/)
})

test('where no server can be reached there is no report, but for each of them the reason', () => {
  const world = behind(cone)
  world.refuse = () => 'no listener'
  world.routed = ({ address }) => address === server.address
  assert.throws(() => world.discover({ servers: [server, second] }), {
    name: 'DiscoveryError',
    failure: 'unreached',
    unreached: [
      { server, why: 'no listener' },
      { server: second, why: 'no route' },
    ],
    message: /^no STUN server at 203\.0\.113\.10:3478: nobody .*\nno way to 203\.0\.113\.11:3478: .*network/,
  })
})

test('a server that did not answer is named in the reasons, whatever the others said', () => {
  const far = { address: '203.0.113.99', port: 3478 }
  const world = behind(cone)
  world.refuse = ({ address }) => (address === '203.0.113.98' ? 'no listener' : undefined)
  const found = world.discover({ servers: [{ ...far, address: '203.0.113.98' }, far, server] })
  assert.equal(found.mapping, 'endpoint-independent')
  assert.deepEqual(found.why.slice(0, 2), ['no answer from 203.0.113.99:3478', 'nobody at 203.0.113.98:3478'])
})

test('a server of the other address family is left out, and said to be', () => {
  const six = { address: '2001:db8::10', port: 3478 }
  const host = ['198.51.100.7', '2001:db8::7']
  const found = new World(undefined, [whole(), plain(six.address)], host).discover({ servers: [six, server] })
  assert.deepEqual([found.mapping, found.external?.split(':')[0]], ['endpoint-independent', '198.51.100.7'])
  assert.deepEqual(found.why[0], '[2001:db8::10]:3478 answers too, and was left out: it is of the other address family')
  assert.ok(!found.why.some((line) => line.includes('does not answer')))
})

test('a firewall that says no blocks UDP as a silent one does, and is named', () => {
  const world = behind(cone)
  world.refuse = () => 'forbidden'
  const found = world.discover({ servers: [server] })
  assert.deepEqual([found.grade, found.mapping], ['F', 'blocked'])
  assert.deepEqual(found.why, ['a firewall on the way to 203.0.113.10:3478 refuses UDP'])
})

test('two addresses on one port: a port for each, or one for both', () => {
  const host = ['192.168.1.10', '192.168.1.11']
  const options = { servers: [server], secondAddress: host[1]! }
  assert.equal(behind(cone, [whole()], host).discover(options)?.collision, 'separate')
  const shares = { ...cone, overloading: true, filtering: 'address-and-port-dependent' } as const
  assert.equal(behind(shares, [whole()], host).discover(options)?.collision, 'shared')
  assert.equal(behind(cone).discover({ ...options, secondAddress: '192.168.1.77' })?.collision, 'unknown')
})

test('the lifetime of an idle mapping is found within ten per cent, in little more than twice its length', () => {
  for (const seconds of [7, 19.5, 30, 61, 120, 250]) {
    const world = behind({ ...cone, filtering: 'address-and-port-dependent', lifetime: seconds * 1000 })
    const found = world.discover({ servers: [server], lifetime: {} })?.lifetime
    assert(typeof found === 'object' && found.atMost !== undefined)
    assert(found.atLeast <= seconds * 1000 + 50 && found.atMost >= seconds * 1000 - 50, JSON.stringify(found))
    assert(found.atMost / found.atLeast < 1.1)
    assert(world.now < seconds * 2700 + 10_000, `${world.now} ms for ${seconds} s`)
  }
})

test('a mapping that outlives the test, or that is gone at once, is bounded on one side', () => {
  const lifetime = { least: 5000, most: 60_000 }
  assert.deepEqual(behind(cone).discover({ servers: [server], lifetime })?.lifetime, {
    atLeast: 60_000,
    atMost: undefined,
  })
  const short = behind({ ...cone, lifetime: 3000 }).discover({ servers: [server], lifetime })?.lifetime
  assert.deepEqual(short, { atLeast: 0, atMost: 5000 })
})

test('a server that cannot direct its answers leaves the lifetime unknown', () => {
  const found = behind(cone, [pretender((at) => at)]).discover({ servers: [server], lifetime: { most: 10_000 } })
  assert.equal(found?.lifetime, 'unknown')
  assert.match(found.why.join('\n'), /10:3478 does not direct answers \(RESPONSE-PORT\)/)
})

test('a server that ends during the lifetime test makes nobody call a mapping gone', () => {
  const honest = whole()
  const answer: FakeServer['answer'] = (bytes, at, from, now) => {
    return now > 20_000 ? undefined : honest.answer(bytes, at, from, now)
  }
  const lifetime = { least: 18_000, most: 25_000 }
  const world = behind(cone, [{ endpoints: honest.endpoints, answer }])
  assert.equal(world.discover({ servers: [server], lifetime })?.lifetime, 'unknown')
  assert.match(world.said.join('\n'), /still there after 18 s/)
})

test('a server that changes the address but never the port alone does not tell the two narrow filters apart', () => {
  const honest = whole()
  const answer: FakeServer['answer'] = (bytes, at, from, now) => {
    const change = decodeMessage(bytes)?.get(changeRequest)
    return change?.port && !change.address ? undefined : honest.answer(bytes, at, from, now)
  }
  const nat = { ...cone, filtering: 'address-and-port-dependent' } as const
  const found = behind(nat, [{ endpoints: honest.endpoints, answer }]).discover({ servers: [server] })
  assert.deepEqual([found?.mapping, found?.filtering], ['endpoint-independent', 'unknown'])
})

test('a server whose other sockets nobody reaches tells what a plain one tells', () => {
  for (const mapping of words) {
    const deaf = pretender((at, changed) => (at === 0 && !changed ? 0 : undefined))
    const found = behind({ ...cone, mapping }, [deaf]).discover({ servers: [server] })
    assert.deepEqual([found?.mapping, found?.filtering], ['unknown', 'unknown'])
    assert.match(found!.why.join('\n'), /203\.0\.113\.11:3479 does not answer/)
  }
})

test('another port of the same address is no other address', () => {
  const honest = pretender((at) => at)
  const answer: FakeServer['answer'] = (bytes, at, from) => {
    const { transaction } = decodeMessage(bytes)!
    const attributes = [xorMappedAddress.of(from), otherAddress.of({ address: addresses[0], port: ports[1] })]
    return { bytes: encodeMessage({ class: 'success', method: 1, transaction }, attributes), to: from, via: at }
  }
  const found = behind(cone, [{ ...honest, answer }]).discover({ servers: [server] })
  assert.deepEqual([found?.mapping, found?.filtering], ['unknown', 'unknown'])
  assert.match(found!.why.join('\n'), /has no other address to answer from/)
})

test('answers to other requests, which come late or are made up, change nothing', () => {
  const honest = whole()
  const forged: FakeServer['answer'] = (bytes, at, from) => {
    const transaction = decodeMessage(bytes)!.transaction.map((byte) => byte ^ 1)
    const attributes = [xorMappedAddress.of({ address: '192.0.2.66', port: 6666 })]
    return { bytes: encodeMessage({ class: 'success', method: 1, transaction }, attributes), to: from, via: at }
  }
  const nat = { ...cone, filtering: 'address-dependent' } as const
  const liar = { endpoints: honest.endpoints, answer: forged }
  const found = behind(nat, [liar, honest]).discover({ servers: [server] })
  assert.deepEqual([found?.mapping, found?.filtering], ['endpoint-independent', 'address-dependent'])
  assert.equal(found?.external?.split(':')[0], WAN)
})

test('a NAT that hairpins from another port than the one it keeps for a socket is not taken for a good one', () => {
  class Moving extends Nat {
    override hairpin(...packet: Parameters<Nat['hairpin']>): ReturnType<Nat['hairpin']> {
      const turned = super.hairpin(...packet)
      return turned && { ...turned, from: { address: WAN, port: 1 } }
    }
  }
  assert.equal(new World(new Moving(WAN, cone), [whole()]).discover({ servers: [server] })?.hairpin, 'other-source')
})
