import assert from 'node:assert/strict'
import test from 'node:test'
import { type ConfigError, ConfigErrors, parseConfig } from '../src/config/index.ts'

/** One bad file: `▶` stands right before what an error has to point at; `words` have to be in that error, in order. */
interface Bad {
  readonly yaml: string
  /** One entry for each `▶`, in the order of the file. */
  readonly words: readonly string[][]
}

const head = 'wan: eth0\nlan: { eth1: 192.168.1.1/24 }\n'
const hosts = 'hosts:\n  workstation: 192.168.1.100\n  switch-1: { address: 192.168.1.101, owns: [udp/45000-45010] }\n'

const cases: Record<string, Bad> = {
  'an unknown key': {
    yaml: `${head}▶forward: []`,
    words: [['key "forward" is not known', 'did you mean "forwards"?']],
  },
  'an unknown key like no other': { yaml: `${head}▶zzz: 1`, words: [['key "zzz"', 'write one of wan, lan, hosts']] },
  'an unknown key of nat': {
    yaml: `${head}nat: { ▶filterin: endpoint-independent }`,
    words: [['key "filterin"', 'did you mean "filtering"?']],
  },
  'an unknown key of a host': {
    yaml: `${head}hosts: { a: { address: 192.168.1.2, ▶own: [] } }`,
    words: [['key "own"', 'did you mean "owns"?']],
  },
  'an unknown key of a forward': {
    yaml: `${head}${hosts}forwards: [{ from: tcp/1, to: workstation, ▶too: 1 }]`,
    words: [['key "too"', 'did you mean "to"?']],
  },
  'keys of later versions': {
    yaml: `${head}▶dns: {}\n▶untracked: []\n▶balance: {}\n▶blocklists: {}\n▶expect: []\nconntrack: { ▶helpers: {} }`,
    words: ['dns', 'untracked', 'balance', 'blocklists', 'expect', 'helpers'].map((key) => [
      key,
      'not supported yet',
      'remove it',
    ]),
  },
  'no wan and no lan': { yaml: '▶hosts: {}', words: [['wan is missing', 'eth0'], ['lan is missing']] },
  'an empty file': { yaml: '▶', words: [['the file is empty']] },
  'a file of comments': { yaml: '▶# nothing\n', words: [['the file is empty']] },
  'a list': { yaml: '▶- wan: eth0', words: [['expected a map (key: value), got a list']] },
  'a text': { yaml: '▶hello', words: [['expected a map (key: value), got the text "hello"']] },

  'a number as wan': {
    yaml: 'wan: ▶5\nlan: { eth1: 10.0.0.1/8 }',
    words: [['expected text or a list, got the number 5', 'eth0']],
  },
  'a number in the list of wan': {
    yaml: 'wan: [eth0, ▶5]\nlan: { eth1: 10.0.0.1/8 }',
    words: [['expected text, got the number 5']],
  },
  'an empty list as wan': { yaml: 'wan: ▶[]\nlan: { eth1: 10.0.0.1/8 }', words: [['the list is empty']] },
  'nothing as wan': { yaml: '▶wan:\nlan: { eth1: 10.0.0.1/8 }', words: [['got nothing']] },
  'a wan interface twice': {
    yaml: 'wan: [eth0, ▶eth0]\nlan: { eth1: 10.0.0.1/8 }',
    words: [['"eth0" is named twice']],
  },
  'a long interface name': {
    yaml: 'wan: ▶abcdefghijklmnop\nlan: { ▶ääääääää: 10.0.0.1/8 }',
    words: [['longer than the 15 bytes'], ['longer than the 15 bytes']],
  },
  'a slash in an interface name': { yaml: 'wan: ▶eth/0\nlan: { eth1: 10.0.0.1/8 }', words: [['"eth/0" holds "/"']] },
  'a space in an interface name': { yaml: 'wan: "▶eth 0"\nlan: { eth1: 10.0.0.1/8 }', words: [['holds " "']] },
  'a pattern as interface name': { yaml: 'wan: ▶ppp*\nlan: { eth1: 10.0.0.1/8 }', words: [['holds "*"']] },
  'the loopback': { yaml: 'wan: ▶lo\nlan: { eth1: 10.0.0.1/8 }', words: [['the loopback']] },
  'an interface on both sides': {
    yaml: 'wan: eth0\nlan: { ▶eth0: 10.0.0.1/8 }',
    words: [['WAN interface already (line 1)']],
  },
  'no lan interface': { yaml: 'wan: eth0\nlan: ▶{}', words: [['lan names no interface']] },
  'a lan that is a list': { yaml: 'wan: eth0\nlan: ▶[eth1]', words: [['expected a map (key: value), got a list']] },

  'a lan address without prefix': {
    yaml: 'wan: eth0\nlan: { eth1: ▶192.168.1.1 }',
    words: [['no prefix length', '192.168.1.1/24']],
  },
  'a lan address that is none': {
    yaml: 'wan: eth0\nlan: { eth1: ▶192.168.1.256/24 }',
    words: [['"192.168.1.256" is not an IP address']],
  },
  'a long prefix': { yaml: 'wan: eth0\nlan: { eth1: ▶192.168.1.1/33 }', words: [['"33" is not a prefix length']] },
  'a subnet of one': { yaml: 'wan: eth0\nlan: { eth1: ▶192.168.1.1/32 }', words: [['holds nobody but the router']] },
  'the network as address': {
    yaml: 'wan: eth0\nlan: { eth1: ▶192.168.1.0/24 }',
    words: [['address of the network itself']],
  },
  'an IPv6 network as address': {
    yaml: 'wan: eth0\nlan: { eth1: ▶2001:db8::/64 }',
    words: [['address of the network itself']],
  },
  'the broadcast as address': { yaml: 'wan: eth0\nlan: { eth1: ▶192.168.1.255/24 }', words: [['broadcast address']] },
  'a multicast address': {
    yaml: 'wan: eth0\nlan: { eth1: ▶224.0.0.1/24 }',
    words: [['not an address that a LAN can use']],
  },
  'a link-local address': {
    yaml: 'wan: eth0\nlan: { eth1: ▶fe80::1/64 }',
    words: [['not an address that a LAN can use']],
  },
  'subnets that overlap': {
    yaml: 'wan: eth0\nlan:\n  eth1: 10.0.0.1/8\n  eth2: [192.168.1.1/24, ▶10.1.0.1/16]',
    words: [['10.1.0.0/16 overlaps 10.0.0.0/8 of eth1 (line 3)']],
  },
  'IPv6 subnets that overlap': {
    yaml: 'wan: eth0\nlan:\n  eth1: 2001:db8:1::1/48\n  eth2: ▶2001:db8:1:2::1/64',
    words: [['overlaps 2001:db8:1::/48 of eth1 (line 3)']],
  },
  'a lan interface twice': {
    yaml: 'wan: eth0\nlan:\n  eth1: 10.0.0.1/8\n  ▶eth1: 192.168.1.1/24',
    words: [['"eth1" is already set in line 3']],
  },

  'a number as hosts': {
    yaml: `${head}hosts: ▶5\nforwards: [tcp/1 -> a]`,
    words: [['expected a map (key: value), got the number 5']],
  },
  'a number as host': {
    yaml: `${head}hosts: { a: ▶5 }\nforwards: [tcp/1 -> a]`,
    words: [['expected text or a map (key: value), got the number 5']],
  },
  'a host without address': {
    yaml: `${head}hosts: { a: ▶{ owns: [udp/1] } }`,
    words: [['"address" is missing', '192.168.1.101']],
  },
  'a host outside the LAN': {
    yaml: `${head}hosts: { a: ▶192.168.2.1 }`,
    words: [['192.168.2.1 is in no LAN subnet', '192.168.1.0/24 (eth1)']],
  },
  "the router's address as host": { yaml: `${head}hosts: { a: ▶192.168.1.1 }`, words: [["router's own address"]] },
  'a network address as host': {
    yaml: `${head}hosts: { a: ▶192.168.1.0 }`,
    words: [['address of the network itself']],
  },
  'a broadcast address as host': {
    yaml: `${head}hosts: { a: ▶192.168.1.255 }`,
    words: [['broadcast address of eth1']],
  },
  'an IPv6 host': { yaml: `${head}hosts: { a: "▶2001:db8::5" }`, words: [['is IPv6, which is not translated']] },
  'a host whose address is a name': {
    yaml: `${head}hosts: { a: { address: ▶b } }`,
    words: [['"b" is not an IPv4 address']],
  },
  'two hosts with one address': {
    yaml: `${head}hosts:\n  a: 192.168.1.5\n  b: ▶192.168.1.5`,
    words: [['b has the address 192.168.1.5 of a (line 4)']],
  },
  'a host twice': {
    yaml: `${head}hosts:\n  a: 192.168.1.5\n  ▶a: 192.168.1.6`,
    words: [['"a" is already set in line 4']],
  },
  'host names that are none': {
    yaml: `${head}hosts:\n  ▶lan: 192.168.1.5\n  ▶1.2.3.4: 192.168.1.6\n  ▶"a b": 192.168.1.7\n  ▶? [x]\n  : 192.168.1.8`.replace(
      '▶? [',
      '? ▶[',
    ),
    words: [
      ['means something else'],
      ['could be taken for an address'],
      ['"a b" is not a name'],
      ['a key is not plain text'],
    ],
  },
  'an owned port above 65535': {
    yaml: `${head}hosts: { a: { address: 192.168.1.5, owns: [udp/▶65536] } }`,
    words: [['65536 is outside 1-65535']],
  },
  'owned ports of two hosts': {
    yaml: `${head}hosts:\n  a: { address: 192.168.1.5, owns: [udp/5-9] }\n  b: { address: 192.168.1.6, owns: [tcp/5, ▶udp/9-12] }`,
    words: [['udp/9-12 overlaps udp/5-9, which a owns already (line 4)']],
  },
  'an owned port that is reserved': {
    yaml: `${head}hosts: { a: { address: 192.168.1.5, owns: [▶udp/5353] } }\nnat: { reserved: [udp/5353] }`,
    words: [['udp/5353 meets udp/5353, which is reserved (line 4)']],
  },
  'an owned port that the router serves': {
    yaml: `${head}hosts: { a: { address: 192.168.1.5, owns: [▶tcp/22] } }\nallow: [wan -> router: [tcp/20-30]]`,
    words: [['tcp/22 meets tcp/20-30, which the router serves (line 4)']],
  },

  'a number as nat': { yaml: `${head}nat: ▶5`, words: [['expected a map (key: value), got the number 5']] },
  'a mapping that is none': {
    yaml: `${head}nat: { mapping: ▶endpoint-independant, filtering: ▶full-cone }`,
    words: [
      ['"endpoint-independant" is not known', 'did you mean "endpoint-independent"?'],
      ['"full-cone"', 'write one of endpoint-independent, address-dependent, address-and-port-dependent'],
    ],
  },
  'a filtering that is a number': {
    yaml: `${head}nat: { filtering: ▶1 }`,
    words: [['expected a word, got the number 1']],
  },
  'a filtering wider than the mapping': {
    yaml: `${head}nat: { mapping: address-and-port-dependent, filtering: ▶address-dependent }`,
    words: [['filtering address-dependent is wider than the mapping']],
  },
  'a protocol that is none': {
    yaml: `${head}nat: { protocols: [udp, ▶tpc] }`,
    words: [['"tpc"', 'did you mean "tcp"?']],
  },
  'no protocols': { yaml: `${head}nat: { protocols: ▶[] }`, words: [['the list is empty', '[udp, tcp]']] },
  'an unknown host of nat': {
    yaml: `${head}${hosts}nat: { hosts: [▶switch-2] }`,
    words: [['host "switch-2" is not known', 'did you mean "switch-1"?']],
  },
  'a reserved port 0 alone': {
    yaml: `${head}nat: { reserved: [udp/▶0, udp/0-1] }`,
    words: [['port 0 is outside 1-65535']],
  },
  'a timeout without unit': {
    yaml: `${head}nat: { timeout: ▶300 }`,
    words: [['expected text, got the number 300', 'such as 5m']],
  },
  'a timeout of another kind': {
    yaml: `${head}nat: { timeout: ▶5 minutes }`,
    words: [['"5 minutes" is not a duration', '60s, 5m, 2h or 1d']],
  },
  'timeouts out of bounds': {
    yaml: `${head}nat: { timeout: ▶1s, takeover: ▶0s }`,
    words: [['1s is outside 2s to 1d'], ['0s is outside 1s to 1d']],
  },
  'a takeover longer than the timeout': {
    yaml: `${head}nat: { timeout: 1m, takeover: ▶61s }`,
    words: [['takeover 61s is longer than the timeout of 1m']],
  },
  'a timer of conntrack that is longer than the right to the port': {
    yaml: `${head}nat: { takeover: 1m }\nconntrack: { timeouts: { udp: ▶61s, udp_stream: ▶2m } }`,
    words: [
      ['udp 61s is longer than nat.takeover, 1m', 'write 1m or less, or a longer nat.takeover'],
      ['udp_stream 2m is longer than nat.takeover'],
    ],
  },
  'a timer of conntrack that is longer than the timeout, without a takeover': {
    yaml: `${head}conntrack: { timeouts: { udp_stream: ▶10m } }`,
    words: [['udp_stream 10m is longer than nat.takeover, 5m']],
  },
  'an unknown timer': {
    yaml: `${head}conntrack: { timeouts: { ▶tcp_finwait: 1m } }`,
    words: [['key "tcp_finwait" is not known', 'did you mean "tcp_fin_wait"?']],
  },
  'timers that are no durations': {
    yaml: `${head}conntrack: { timeouts: { icmp: ▶60, tcp_close: ▶1w, gre: ▶0s, generic: ▶25d } }`,
    words: [
      ['expected text, got the number 60', 'such as 60s'],
      ['"1w" is not a duration'],
      ['0s is outside 1s to 24d'],
      ['25d is outside 1s to 24d'],
    ],
  },
  'timers in a list': {
    yaml: `${head}conntrack: { timeouts: ▶[udp] }`,
    words: [['expected a map (key: value), got a list', 'udp_stream: 180s']],
  },
  'conntrack in a word': { yaml: `${head}conntrack: ▶off`, words: [['expected a map', 'got the text "off"']] },
  'a table of no connections': { yaml: `${head}conntrack: { max: ▶0 }`, words: [['0 is less than 1', '262144']] },
  'a table of too many connections': {
    yaml: `${head}conntrack: { max: ▶4294967296 }`,
    words: [['4294967296 is more than 2147483647']],
  },
  'a limit of 0': { yaml: `${head}nat: { limit: ▶0 }`, words: [['0 is less than 1', '1 to 65535']] },
  'a limit too high': { yaml: `${head}nat: { limit: ▶65536 }`, words: [['65536 is more than 65535']] },
  'a limit in words': { yaml: `${head}nat: { limit: ▶many }`, words: [['expected a number', 'or none']] },
  'a limit and a half': {
    yaml: `${head}nat: { limit: ▶1.5 }`,
    words: [['expected a whole number, got the number 1.5', '1 to 65535, or none']],
  },

  'forwards that are a map': { yaml: `${head}forwards: ▶{ tcp/1: a }`, words: [['expected a list, got a map']] },
  'a number as forward': {
    yaml: `${head}forwards: [▶80]`,
    words: [['expected text or a map (key: value), got the number 80', 'tcp/1000 -> workstation:2345']],
  },
  'a forward without arrow': { yaml: `${head}forwards: [▶tcp/80]`, words: [['"tcp/80" has no "->"']] },
  'a forward without host': { yaml: `${head}forwards: [▶"tcp/80 ->"]`, words: [['the forward names no host']] },
  'a forward without protocol': {
    yaml: `${head}${hosts}forwards: [▶80 -> workstation]`,
    words: [['"80" is not a port', 'tcp/22']],
  },
  'a forward of another protocol': {
    yaml: `${head}${hosts}forwards: [▶sctp/80 -> workstation]`,
    words: [['protocol "sctp"', 'write one of tcp, udp, tcp+udp']],
  },
  'a port that is a word': {
    yaml: `${head}${hosts}forwards: [tcp/▶http -> workstation]`,
    words: [['"http" is not a port number']],
  },
  'a negative port': {
    yaml: `${head}${hosts}forwards: [tcp/▶-1 -> workstation]`,
    words: [['"-1" is not a port number']],
  },
  'ports out of range': {
    yaml: `${head}${hosts}forwards:\n  - tcp/▶0 -> workstation\n  - tcp/▶65536 -> workstation\n  - tcp/1 -> workstation:▶70000`,
    words: [['port 0 is outside 1-65535'], ['port 65536 is outside 1-65535'], ['port 70000 is outside 1-65535']],
  },
  'a reversed range': {
    yaml: `${head}${hosts}forwards: [udp/▶30100-30000 -> workstation]`,
    words: [['range 30100-30000 is reversed', '30000-30100']],
  },
  'an unknown host': {
    yaml: `${head}${hosts}forwards:\n  - tcp/6881 -> ▶workstaton`,
    words: [['host "workstaton" is not known', 'did you mean "workstation"?']],
  },
  'a target outside the LAN': {
    yaml: `${head}forwards: [tcp/80 -> ▶10.0.0.1]`,
    words: [['10.0.0.1 is in no LAN subnet']],
  },
  'a target that is the router': {
    yaml: `${head}forwards: [tcp/80 -> ▶192.168.1.1:80]`,
    words: [["router's own address"]],
  },
  'a target that is IPv6': {
    yaml: `${head}forwards: ["tcp/80 -> ▶2001:db8::1"]`,
    words: [['"2001:db8::1" is not a target', 'IPv4']],
  },
  'ranges of different length': {
    yaml: `${head}${hosts}forwards: [udp/30000-30100 -> workstation:▶400-499]`,
    words: [['101 ports cannot arrive at 100', '400-500']],
  },
  'a forward that YAML splits': {
    yaml: `${head}${hosts}forwards:\n  - ▶tcp/80 -> workstation: 81`,
    words: [['text, not a map', 'remove the space']],
  },
  'a forward without to': { yaml: `${head}forwards: [▶{ from: tcp/1 }]`, words: [['"to" is missing']] },
  'two forwards that overlap': {
    yaml: `${head}${hosts}forwards:\n  - tcp/1000-1010 -> workstation\n  - udp/1000 -> workstation\n  - ▶tcp/1005 -> switch-1`,
    words: [['tcp/1005 overlaps tcp/1000-1010, which is forwarded to workstation already (line 7)']],
  },
  'a forward in two protocols that overlaps': {
    yaml: `${head}${hosts}forwards:\n  - udp/53 -> workstation\n  - ▶tcp+udp/53 -> switch-1`,
    words: [['udp/53 overlaps udp/53', '(line 7)']],
  },
  'a forward of an owned port': {
    yaml: `${head}${hosts}forwards: [▶udp/45010 -> workstation]`,
    words: [['udp/45010 meets udp/45000-45010, which switch-1 owns (line 5)', 'forward another port']],
  },
  'a forward of an owned port to its owner': {
    yaml: `${head}${hosts}forwards: [▶udp/45010 -> switch-1]`,
    words: [['udp/45010 meets udp/45000-45010, which switch-1 owns (line 5)', 'remove the forward']],
  },
  'a forward of a reserved port': {
    yaml: `${head}${hosts}nat: { reserved: [udp/0-1024] }\nforwards: [▶udp/1000-1030 -> workstation]`,
    words: [['udp/1000-1030 meets udp/0-1024, which is reserved (line 6)']],
  },
  'a forward of a port that the router serves': {
    yaml: `${head}${hosts}forwards: [▶tcp/22 -> workstation]\nallow: [wan -> router: [tcp/22]]`,
    words: [['tcp/22 meets tcp/22, which the router serves (line 7)']],
  },

  'allow that is a map': { yaml: `${head}allow: ▶{ lan -> wan: [] }`, words: [['expected a list, got a map']] },
  'a number in allow': {
    yaml: `${head}allow: [▶5]`,
    words: [['expected text or a map (key: value), got the number 5']],
  },
  'allow without arrow': {
    yaml: `${head}allow: [▶lan]`,
    words: [['"lan" has no "->"', 'zones are lan, wan and router']],
  },
  'an unknown zone': { yaml: `${head}allow: [lan -> ▶wam]`, words: [['zone "wam"', 'did you mean "wan"?']] },
  'a host as zone': {
    yaml: `${head}${hosts}allow: [wan -> ▶workstation: [tcp/80]]`,
    words: [['zone "workstation" is not known']],
  },
  'the whole LAN opened': {
    yaml: `${head}allow: [▶wan -> lan]`,
    words: [['cannot be opened to the internet', 'forward the ports']],
  },
  'what the router begins': { yaml: `${head}allow: [▶router -> wan]`, words: [['always allowed', 'remove it']] },
  'the whole router opened': {
    yaml: `${head}allow: [▶wan -> router]`,
    words: [['every port of the router', 'wan -> router: [tcp/22]']],
  },
  'two ways in one entry': {
    yaml: `${head}allow:\n  - lan -> router: [icmp]\n    ▶wan -> router: [icmp]`,
    words: [['one entry says two things']],
  },
  'no list behind a way': { yaml: `${head}allow:\n  - ▶lan -> router:`, words: [['expected a list, got nothing']] },
  'a service that is none': {
    yaml: `${head}allow: [lan -> router: [▶ssh, tcp/▶99999]]`,
    words: [['"ssh" is not a port'], ['99999 is outside']],
  },

  'YAML that does not parse': { yaml: `${head}hosts: { a: 192.168.1.5\n▶nat: {}`, words: [['not YAML']] },
  'a tab': { yaml: 'wan: eth0\nlan:\n▶\teth1: 10.0.0.1/8', words: [['Tabs are not allowed', 'indent with spaces']] },
  'a bad indentation': {
    yaml: 'wan: eth0\nlan:\n   eth1: 10.0.0.1/8\n▶  eth2: 10.0.0.1/8',
    words: [['not YAML', 'line it up']],
  },
  'a key twice': { yaml: `${head}▶wan: eth0`, words: [['"wan" is already set in line 1', 'keep one']] },
  'two documents': { yaml: `${head}▶---\nwan: eth0`, words: [['a second document begins here']] },
  'an unknown tag': { yaml: 'wan: ▶!foo eth0\nlan: { eth1: 10.0.0.1/8 }', words: [['Unresolved tag: !foo']] },
  'an alias of nothing': { yaml: 'wan: ▶*foo\nlan: { eth1: 10.0.0.1/8 }', words: [['no value is named &foo']] },
  'an alias of itself': { yaml: `${head}forwards: &a [▶*a]`, words: [['no value is named &a']] },
  'endless nesting': { yaml: `${head}forwards: ${'['.repeat(5000)}`, words: [] },
}

for (const [name, bad] of Object.entries(cases)) {
  test(`${name} is an error with its place`, () => {
    const { text, places } = unmark(bad.yaml)
    const errors = errorsOf(text)
    if (bad.words.length === 0) return assert.ok(errors.length > 0)
    const found = errors.map((error) => `${error.line}:${error.column} ${error.problem}; ${error.hint}`)
    assert.equal(errors.length, bad.words.length, `expected ${bad.words.length} errors, got\n${found.join('\n')}`)
    for (const [index, error] of errors.entries()) {
      assertWords(error.message, [`bad.yaml:${places[index] ?? places[0]}: `, ...bad.words[index]!])
    }
  })
}

test('all mistakes of a file come at once, in its order', () => {
  const yaml = `wam: eth0\nlan: { eth1: 192.168.1.1/24 }\nhosts: { a: 10.0.0.1 }\nnat: { limit: 0, timeout: 5 }\nforwards: [tcp/0 -> b, tcp/5-4 -> a, x]`
  const lines = errorsOf(yaml).map((error) => error.line)
  assert.deepEqual(lines, [1, 1, 3, 4, 4, 5, 5, 5, 5])
})

test('an error carries its place, the offending text and both halves of its sentence', () => {
  const [error] = errorsOf(`${head}${hosts}forwards:\n  - tcp/99999 -> workstation`)
  const { file, line, column, path, problem, hint, text, message } = error!
  assert.deepEqual(
    { file, line, column, path, problem, hint, text },
    {
      file: 'bad.yaml',
      line: 7,
      column: 9,
      path: 'forwards[0]',
      problem: 'port 99999 is outside 1-65535',
      hint: 'write a number from 1 to 65535',
      text: '99999',
    },
  )
  assert.equal(message, 'bad.yaml:7:9: port 99999 is outside 1-65535; write a number from 1 to 65535')
})

test('a place inside an escaped or folded text is the start of that text', () => {
  const [escaped] = errorsOf(`${head}forwards: ["\\u0074cp/99999 -> 192.168.1.5"]`)
  const [folded] = errorsOf(`${head}forwards:\n  - tcp/5 ->\n    192.168.2.5`)
  assert.deepEqual([escaped!.line, escaped!.column], [3, 12])
  assert.deepEqual([folded!.line, folded!.column], [4, 5])
})

test('what an alias stands for is judged where it is written', () => {
  const [error] = errorsOf('wan: eth0\nlan: { eth1: &a 192.168.1.300/24, eth2: *a }')
  assert.deepEqual([error!.line, error!.column, error!.path], [2, 17, 'lan.eth1'])
})

test('aliases that stand for thousands of millions of values are refused quickly', () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) =>
      `  - &a${i + 1} [${Array(10)
        .fill(i === 0 ? 'x' : `*a${i}`)
        .join(', ')}]`,
  )
  const errors = errorsOf(`${head}forwards:\n${levels.join('\n')}`)
  assert.ok(errors.some((error) => error.problem.includes('stand for more than 100000 values')))
})

test('an escape sequence in a file does not reach the terminal', () => {
  const [error] = errorsOf(`${head}"\\e[31mred\\u202e": 1`)
  assert.match(error!.message, /^bad\.yaml:3:1: key "/)
  assert.doesNotMatch(error!.message, /[\p{Cc}\p{Cf}]/u)
})

function errorsOf(text: string): readonly ConfigError[] {
  try {
    parseConfig(text, { file: 'bad.yaml' })
  } catch (error) {
    if (error instanceof ConfigErrors) return error.errors
    throw error
  }
  assert.fail('the config was accepted')
}

/** The text without its marks, and `line:column` of what follows each. */
function unmark(marked: string): { text: string; places: string[] } {
  const parts = marked.split('▶')
  const places = parts.slice(1).map((_, index) => {
    const before = parts.slice(0, index + 1).join('')
    return `${before.split('\n').length}:${before.length - before.lastIndexOf('\n')}`
  })
  return { text: parts.join(''), places }
}

function assertWords(message: string, words: readonly string[]): void {
  let from = 0
  for (const word of words) {
    const at = message.indexOf(word, from)
    assert.ok(at >= 0, `expected ${JSON.stringify(word)} in ${JSON.stringify(message)}`)
    from = at + word.length
  }
}
