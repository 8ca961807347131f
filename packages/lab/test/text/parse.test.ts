import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigErrors } from '@sallyport/router'
import { checkInternet, parseInternet } from '../../src/text/index.ts'

/** What is said about a text: a line for each mistake. */
function complaints(text: string, files: Readonly<Record<string, string>> = {}): string[] {
  const read = (path: string): string => {
    const content = files[path]
    if (content === undefined) throw new Error('ENOENT')
    return content
  }
  try {
    parseInternet(text, 'lab.yaml', read)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigErrors)
    return error.message.split('\n')
  }
}

test('everything that an internet can have is read as it is written', () => {
  const internet = parseInternet(
    `
# a comment
seed: 7
families: [ipv4, ipv6]
servers: [stun, relay]
routers:
  home:
    nat: full-cone
    lan: 192.168.7.0/24
    hosts:
      alice:
      bob: { address: 192.168.7.9, slaac: true, link: { delay: 5ms, jitter: 1, loss: { burst: 0.02, length: 8 } } }
  isp:
    nat:
      mapping: endpoint-independent
      filtering: address-dependent
      ports: { range: [1024, 2047] }
      overloading: false
      refresh: outbound
      udp: { filtering: endpoint-independent }
      tcp: blocked
      hairpin: none
      pooling: paired
      unsolicited: drop
      timeouts: { udp: 30, icmp: 5 }
    uplink: { rate: 50mbit, queue: 20ms, loss: { every: 100 }, mtu: 1400, up: { rate: 5mbit }, down: { loss: 0.01 } }
    addresses: 2
    ipv6: nptv6
    nat64: true
    routers: { flat: { nat: none, hosts: [carol] } }
`,
    'lab.yaml',
  )
  assert.deepEqual(internet, {
    seed: 7,
    families: ['ipv4', 'ipv6'],
    servers: { stun: {}, relay: {} },
    routers: {
      home: {
        nat: 'full-cone',
        lan: '192.168.7.0/24',
        hosts: {
          alice: {},
          bob: {
            address: '192.168.7.9',
            slaac: true,
            link: { delay: '5ms', jitter: 1, loss: { burst: 0.02, length: 8 } },
          },
        },
      },
      isp: {
        nat: {
          mapping: 'endpoint-independent',
          filtering: 'address-dependent',
          ports: { range: [1024, 2047] },
          overloading: false,
          refresh: 'outbound',
          udp: { filtering: 'endpoint-independent' },
          tcp: 'blocked',
          hairpin: 'none',
          pooling: 'paired',
          unsolicited: 'drop',
          timeouts: { udp: 30, icmp: 5 },
        },
        uplink: {
          rate: '50mbit',
          queue: '20ms',
          loss: { every: 100 },
          mtu: 1400,
          up: { rate: '5mbit' },
          down: { loss: 0.01 },
        },
        addresses: 2,
        ipv6: 'nptv6',
        nat64: true,
        routers: { flat: { nat: 'none', hosts: { carol: {} } } },
      },
    },
  })
})

test('JSON is read too', () => {
  assert.deepEqual(parseInternet('{"routers": {"home": {"hosts": ["a"]}}}', 'lab.json'), {
    routers: { home: { hosts: { a: {} } } },
  })
})

test('all mistakes are told at once, each at its place and with what to do', () => {
  const text = `routers:
  home:
    nat: hoem
    uplnk: { delay: 20ms }
    uplink: { delay: 20 ms, los: 0.1, rate: fast }
    lan: 192.168.1.0
    hosts:
      alice: { address: 192.168.1.300 }
sede: 3
`
  assert.deepEqual(complaints(text), [
    'lab.yaml:3:10: value "hoem" is not known; did you mean "home"?',
    'lab.yaml:4:5: key "uplnk" is not known; did you mean "uplink"?',
    "lab.yaml:5:22: delay: '20 ms' is no duration; write 20ms, 1.5s, or a number of milliseconds",
    'lab.yaml:5:29: key "los" is not known; did you mean "loss"?',
    "lab.yaml:5:45: rate: 'fast' is no rate; write 50mbit, 200kbit, or a number of bits per second",
    'lab.yaml:6:10: "192.168.1.0" is no IPv4 prefix; write one such as 192.168.1.0/24, or none',
    'lab.yaml:8:25: "192.168.1.300" is no IPv4 address; write one without prefix length, such as 192.168.1.10',
    'lab.yaml:9:1: key "sede" is not known; did you mean "seed"?',
  ])
})

/** One mistake, and what is said about it. */
const mistakes: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'nothing at all': ['', /^lab\.yaml:1:1: the file is empty; write for example "routers/],
  'nothing but comments': ['# later\n---\n', /^lab\.yaml:1:1: the file is empty/],
  'a list instead of a map': ['- a\n', /^lab\.yaml:1:1: expected a map \(key: value\), got a list/],
  'text that is no YAML': ['routers: {\n', /^lab\.yaml:2:1: not YAML/],
  'a name twice': [
    'servers: [a]\nrouters: { home: { hosts: [b, a] } }\n',
    /^lab\.yaml:2:31: there is a node "a" already, in line 1; give every node/,
  ],
  'a router called as its own host': [
    'routers: { home: { hosts: { home: {} } } }',
    /^lab\.yaml:1:29: there is a node "home" already, in line 1/,
  ],
  'a name twice in a list': ['servers: [a, a]', /^lab\.yaml:1:14: there is a node "a" already/],
  'a name that is a number': [
    'servers: [2]',
    /^lab\.yaml:1:11: expected a name, got the number 2; put it in quotes: "2"/,
  ],
  'a name that a terminal would obey': ['servers: ["a\\e[2J"]', /^lab\.yaml:1:11: .* is no name for a node/],
  'a host outside of its LAN': [
    'routers: { h: { lan: 10.1.0.0/16, hosts: { a: { address: 10.2.0.1 } } } }',
    /^lab\.yaml:1:58: 10\.2\.0\.1 is not in 10\.1\.0\.0\/16, the LAN of its router/,
  ],
  'a LAN with addresses of the internet': [
    'routers: { h: { lan: 203.0.113.0/25 } }',
    /^lab\.yaml:1:22: 203\.0\.113\.0\/25 is on the internet, which has 203\.0\.113\.0\/24; write one such as/,
  ],
  'one address for two hosts': [
    'routers: { h: { hosts: { a: { address: 10.0.0.2 }, b: { address: 10.0.0.2 } } } }',
    /^lab\.yaml:1:66: 10\.0\.0\.2 is the address of "a" already/,
  ],
  'a delegated prefix that is too long': [
    'routers: { h: { delegated: 2001:db8::/65 } }',
    /write a prefix length from 32 to 64/,
  ],
  'a delegated prefix that is none': [
    'routers: { h: { delegated: 10.0.0.0/48 } }',
    /is no IPv6 prefix; write one such as/,
  ],
  'a delegated prefix for who has none': [
    'routers: { h: { ipv6: nat66, delegated: 2001:db8:7::/48 } }',
    /with "ipv6: nat66" a router needs no delegated prefix; leave one of them out/,
  ],
  'a delegated prefix of somebody else': [
    'routers: { h: { delegated: 2001:db8:7::/48, routers: { i: { delegated: 2001:db8:8::/56 } } } }',
    /2001:db8:8::\/56 is not in 2001:db8:7::\/48, which the router in front of it has/,
  ],
  'a delegated prefix twice': [
    'routers: { a: { delegated: 2001:db8:7::/48 }, b: { delegated: 2001:db8:7:100::/56 } }',
    /2001:db8:7:100::\/56 overlaps with the prefix of "a"/,
  ],
  'a LAN without room': ['routers: { h: { lan: 10.0.0.0/31 } }', /a LAN of \/31 does not do; write a prefix length/],
  'a share of more than all': ['servers: { a: { link: { loss: 5 } } }', /^lab\.yaml:1:31: 5 is no share; write 0\.01/],
  'a loss that is two things': [
    'servers: { a: { link: { loss: { every: 3, burst: 0.1 } } } }',
    /^lab\.yaml:1:43: key "burst" is not known/,
  ],
  'a burst without its share': [
    'servers: { a: { link: { loss: { length: 3 } } } }',
    /"burst" is missing; write a share/,
  ],
  'ports the wrong way round': [
    'routers: { h: { nat: { ports: { range: [9, 5] } } } }',
    /^lab\.yaml:1:40: 9 to 5 is no range of ports/,
  ],
  'a family that does not exist': [
    'families: [ipv5]',
    /^lab\.yaml:1:12: value "ipv5" is not known; did you mean "ipv4"/,
  ],
  'no family': ['families: []', /the list is empty; write \[ipv4\]/],
  'half a router': [
    'routers: { h: { addresses: 1.5 } }',
    /^lab\.yaml:1:28: 1\.5 is out of range; write a whole number/,
  ],
  'a config that is not there': [
    'routers: { h: { nat: { config: r.yaml } } }',
    /^lab\.yaml:1:32: the file r\.yaml cannot be read \(ENOENT\); name it relative to the topology/,
  ],
  'nft rules that are not there': [
    'routers: { h: { nat: { nft: r.nft } } }',
    /^lab\.yaml:1:29: the file r\.nft cannot/,
  ],
}

for (const [what, [text, says]] of Object.entries(mistakes)) {
  test(`${what} is one mistake, told with what to do`, () => {
    const said = complaints(text)
    assert.equal(said.length, 1, said.join('\n'))
    assert.match(said[0]!, says)
  })
}

test('mistakes of a config that a topology names are told at their own place', () => {
  const said = complaints('routers: { h: { nat: { config: r.yaml } } }', { 'r.yaml': 'wan: eth0\nlan: {}\n' })
  assert.match(said.join('\n'), /^r\.yaml:2:\d+: /m)
  assert.match(said.join('\n'), /^lab\.yaml:1:32: the config r\.yaml has mistakes; correct them there$/m)
})

test('files are named relative to the topology', () => {
  const asked: string[] = []
  const internet = parseInternet(
    'routers: { h: { nat: { nft: ../rules/a.nft, variables: { wan: wan, n: 3 } } } }',
    'some/where/lab.yaml',
    (path) => {
      asked.push(path)
      return ''
    },
  )
  assert.deepEqual(asked, ['some/rules/a.nft'])
  assert.deepEqual(internet.routers?.h?.nat, { nft: 'some/rules/a.nft', variables: { wan: 'wan', n: '3' } })
})

test('what a module says with functions is taken as it is, and its mistakes are told by their path', () => {
  const rules = (): never => assert.fail('nobody asked for rules')
  const internet = checkInternet({ routers: { isp: { routers: { h: { nat: { rules } } } } } }, 'lab.ts')
  assert.deepEqual(internet.routers?.isp?.routers?.h?.nat, { rules })
  assert.throws(
    () => checkInternet({ routers: { h: { hosts: { a: { adress: 1 } } } } }, 'lab.ts'),
    /^ConfigErrors: lab\.ts: routers\.h\.hosts\.a\.adress: key "adress" is not known; did you mean "address"\?$/,
  )
})
