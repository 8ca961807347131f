import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Malformed } from '../src/bytes/index.ts'
import * as address from '../src/route/address.ts'
import * as entry from '../src/route/entry.ts'
import * as link from '../src/route/link.ts'
import * as neighbour from '../src/route/neighbour.ts'
import { assertUapi, codecTests, hex, survivesRandomBytes } from '../src/testing/index.ts'

const veth = hex`
  00 00 00 00  00 00 00 00  01 00 00 00  01 00 00 00  | ifinfomsg        IFF_UP, of IFF_UP
  08 00 03 00  6c 61 6e 00                            | IFLA_IFNAME      'lan'
  08 00 04 00  dc 05 00 00                            | IFLA_MTU         1500
  3c 00 12 80                                         | IFLA_LINKINFO    nested
  09 00 01 00  76 65 74 68 00 00 00 00                | IFLA_INFO_KIND   'veth'
  2c 00 02 00                                         | IFLA_INFO_DATA
  28 00 01 00                                         | VETH_INFO_PEER
  00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00  | ifinfomsg of the peer
  09 00 03 00  65 74 68 30 00 00 00 00                | IFLA_IFNAME      'eth0'
  08 00 1c 00  17 00 00 00                            | IFLA_NET_NS_FD   23
`

const nothing: link.LinkMessage = { family: 0, type: 0, index: 0, flags: 0, change: 0 }
const peer = link.vethData.encode({ peer: { ...nothing, name: 'eth0', namespaceFd: 23 } })

const word = fc.integer({ min: 0, max: 0xffffffff })
const index = fc.integer({ min: -0x80000000, max: 0x7fffffff })
const byte = fc.integer({ min: 0, max: 255 })
const ipText = fc.oneof(fc.ipV4(), fc.constantFrom('2001:db8::1', '::', 'fe80::1'))

codecTests(link.link, {
  examples: [
    {
      name: 'a veth whose other end is made in another namespace',
      value: { ...nothing, flags: 1, change: 1, name: 'lan', mtu: 1500, info: { kind: 'veth', data: peer } },
      bytes: veth,
    },
    {
      name: 'a port of a bridge, renamed and moved',
      value: { ...nothing, index: 5, hardwareAddress: '02:00:00:00:00:01', name: 'p', master: 3, namespaceFd: 9 },
      bytes: hex`
        00 00 00 00  05 00 00 00  00 00 00 00  00 00 00 00  | ifinfomsg       index 5
        0a 00 01 00  02 00 00 00 00 01 00 00                | IFLA_ADDRESS    02:00:00:00:00:01
        06 00 03 00  70 00 00 00                            | IFLA_IFNAME     'p'
        08 00 0a 00  03 00 00 00                            | IFLA_MASTER     3
        08 00 1c 00  09 00 00 00                            | IFLA_NET_NS_FD  9
      `,
    },
  ],
  arbitrary: fc.record<link.LinkMessage>(
    {
      family: byte,
      type: fc.integer({ min: 0, max: 0xffff }),
      index,
      flags: word,
      change: word,
      name: fc.string({ maxLength: 15 }).filter((name) => !name.includes('\0')),
      mtu: word,
      master: word,
      hardwareAddress: fc.constantFrom('', '02:00:5e:10:00:01'),
    },
    { requiredKeys: ['family', 'type', 'index', 'flags', 'change'], noNullPrototype: true },
  ),
})

codecTests(link.vethData, {
  examples: [{ value: { peer: { ...nothing, name: 'eth0', namespaceFd: 23 } }, bytes: veth.subarray(52) }],
})

codecTests(link.bridgeData, {
  examples: [
    {
      value: { forwardDelay: 0, ageingTime: 30000, stp: 0, vlanFiltering: 1, multicastSnooping: 0 },
      bytes: hex`
        08 00 01 00  00 00 00 00 | IFLA_BR_FORWARD_DELAY   0
        08 00 04 00  30 75 00 00 | IFLA_BR_AGEING_TIME     300 s
        08 00 05 00  00 00 00 00 | IFLA_BR_STP_STATE       0
        05 00 07 00  01 00 00 00 | IFLA_BR_VLAN_FILTERING  1
        05 00 17 00  00 00 00 00 | IFLA_BR_MCAST_SNOOPING  0
      `,
    },
  ],
})

codecTests(link.vxlanData, {
  examples: [
    {
      value: { id: 42, remote: '127.0.0.1', learning: 0, port: 4789 },
      bytes: hex`
        08 00 01 00  2a 00 00 00 | IFLA_VXLAN_ID        42
        08 00 02 00  7f 00 00 01 | IFLA_VXLAN_GROUP     127.0.0.1
        05 00 07 00  00 00 00 00 | IFLA_VXLAN_LEARNING  0
        06 00 0f 00  12 b5 00 00 | IFLA_VXLAN_PORT      4789, big-endian
      `,
    },
  ],
})

codecTests(address.address, {
  examples: [
    {
      name: '192.168.1.1/24',
      value: {
        family: 2,
        prefixLength: 24,
        flags: 0,
        scope: 0,
        index: 7,
        address: '192.168.1.1',
        local: '192.168.1.1',
      },
      bytes: hex`
        02 18 00 00  07 00 00 00 | ifaddrmsg    AF_INET, /24, index 7
        08 00 01 00  c0 a8 01 01 | IFA_ADDRESS  192.168.1.1
        08 00 02 00  c0 a8 01 01 | IFA_LOCAL    192.168.1.1
      `,
    },
    {
      name: '2001:db8::1/64',
      value: { family: 10, prefixLength: 64, flags: 2, scope: 0, index: 7, local: '2001:db8::1', flags32: 0x82 },
      bytes: hex`
        0a 40 02 00  07 00 00 00                             | ifaddrmsg  AF_INET6, /64, IFA_F_NODAD, index 7
        14 00 02 00  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 | IFA_LOCAL  2001:db8::1
        08 00 08 00  82 00 00 00                             | IFA_FLAGS  PERMANENT, NODAD
      `,
    },
    {
      name: 'one that is deprecated, and valid for ever',
      value: {
        family: 10,
        prefixLength: 64,
        flags: 0,
        scope: 0,
        index: 7,
        lifetimes: { preferred: 0, valid: 0xffff_ffff, created: 0, updated: 0 },
      },
      bytes: hex`
        0a 40 00 00  07 00 00 00 | ifaddrmsg      AF_INET6, /64
        14 00 06 00              | IFA_CACHEINFO
        00 00 00 00              | ifa_prefered   0
        ff ff ff ff              | ifa_valid      INFINITY_LIFE_TIME
        00 00 00 00  00 00 00 00 | cstamp, tstamp
      `,
    },
  ],
  arbitrary: fc.record<address.AddressMessage>(
    { family: byte, prefixLength: byte, flags: byte, scope: byte, index: word, local: ipText, address: ipText },
    { requiredKeys: ['family', 'prefixLength', 'flags', 'scope', 'index'], noNullPrototype: true },
  ),
})

const emptyRoute = { sourceLength: 0, tos: 0, flags: 0 }

codecTests(entry.route, {
  examples: [
    {
      name: 'default via 192.168.1.1 metric 100',
      value: {
        ...emptyRoute,
        family: 2,
        destinationLength: 0,
        table: 254,
        protocol: 4,
        scope: 0,
        type: 1,
        gateway: '192.168.1.1',
        priority: 100,
      },
      bytes: hex`
        02 00 00 00              | rtmsg         AF_INET, /0
        fe 04 00 01  00 00 00 00 | rtmsg         RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RTN_UNICAST
        08 00 05 00  c0 a8 01 01 | RTA_GATEWAY   192.168.1.1
        08 00 06 00  64 00 00 00 | RTA_PRIORITY  100
      `,
    },
    {
      name: '10.0.0.0/8 dev 3 src 10.0.0.1 table 1000',
      value: {
        ...emptyRoute,
        family: 2,
        destinationLength: 8,
        table: 0,
        protocol: 4,
        scope: 253,
        type: 1,
        destination: '10.0.0.0',
        outInterface: 3,
        preferredSource: '10.0.0.1',
        table32: 1000,
      },
      bytes: hex`
        02 08 00 00              | rtmsg        AF_INET, /8
        00 04 fd 01  00 00 00 00 | rtmsg        RT_TABLE_UNSPEC, RTPROT_STATIC, RT_SCOPE_LINK, RTN_UNICAST
        08 00 01 00  0a 00 00 00 | RTA_DST      10.0.0.0
        08 00 04 00  03 00 00 00 | RTA_OIF      3
        08 00 07 00  0a 00 00 01 | RTA_PREFSRC  10.0.0.1
        08 00 0f 00  e8 03 00 00 | RTA_TABLE    1000
      `,
    },
  ],
})

codecTests(neighbour.neighbour, {
  examples: [
    {
      value: {
        family: 2,
        index: 3,
        state: 0x80,
        flags: 0,
        type: 0,
        destination: '10.0.0.9',
        hardwareAddress: '02:00:00:00:00:09',
      },
      bytes: hex`
        02 00 00 00  03 00 00 00  80 00 00 00 | ndmsg       AF_INET, index 3, NUD_PERMANENT
        08 00 01 00  0a 00 00 09              | NDA_DST     10.0.0.9
        0a 00 02 00  02 00 00 00 00 09 00 00  | NDA_LLADDR  02:00:00:00:00:09
      `,
    },
  ],
})

test('an error inside the peer of a veth has a name from the outside in', () => {
  assert.deepEqual(link.link.pathAt(veth, 36), ['IFLA_LINKINFO', 'IFLA_INFO_KIND'])
  assert.deepEqual(link.link.pathAt(veth, 48), ['IFLA_LINKINFO', 'IFLA_INFO_DATA'])
  assert.deepEqual(link.vethData.pathAt(veth.subarray(52), 0), ['VETH_INFO_PEER'])
})

for (const [name, why] of [
  ['', /not one/],
  ['.', /not one/],
  ['..', /not one/],
  ['a/b', /not one/],
  ['eth0:1', /not one/],
  ['a b', /not one/],
  ['sixteen-bytes-16', /'sixteen-bytes-16' has 16 bytes; Linux takes 15 at most \(IFNAMSIZ\)/],
  ['ääääääää', /has 16 bytes/],
] as const) {
  test(`'${name}' is refused as the name of a link`, () => {
    assert.throws(() => link.checkLinkName(name), why)
  })
}

test('fifteen bytes are a name', () => {
  assert.equal(link.checkLinkName('fifteen-bytes15'), 'fifteen-bytes15')
})

test('a hardware address that is none is refused', () => {
  for (const bad of ['2:0:0:0:0:1', '02-00-00-00-00-01', 'zz:00:00:00:00:01', '02:00:00:00:00:01:']) {
    assert.throws(() => link.link.encode({ ...nothing, hardwareAddress: bad }), RangeError, bad)
  }
})

test('an address of an impossible length is malformed', () => {
  const bytes = Uint8Array.from(hex`
    02 18 00 00  07 00 00 00  | ifaddrmsg
    07 00 02 00  c0 a8 01 00  | IFA_LOCAL of three bytes
  `)
  assert.throws(() => address.address.decode(bytes), new Malformed('an IP address of 3 bytes', ['local']))
})

const decoders = {
  link: link.link,
  veth: link.vethData,
  bridge: link.bridgeData,
  vxlan: link.vxlanData,
  address: address.address,
  route: entry.route,
  neighbour: neighbour.neighbour,
}
for (const [name, codec] of Object.entries(decoders)) {
  survivesRandomBytes(name, (bytes) => codec.decode(bytes), { golden: [veth], bytes: 2_000_000 })
}

assertUapi('linux/if_link.h', link.link.macros, { about: 'links' })
assertUapi(
  'linux/if_link.h',
  { ...link.linkInfo.macros, ...link.bridgeData.macros, ...link.vxlanData.macros },
  { about: 'link kinds' },
)
assertUapi('linux/veth.h', link.vethData.macros)
assertUapi('linux/if_addr.h', {
  ...address.address.macros,
  IFA_F_NODAD: address.IFA_F_NODAD,
  IFA_F_DEPRECATED: address.IFA_F_DEPRECATED,
  IFA_F_TENTATIVE: address.IFA_F_TENTATIVE,
  IFA_F_PERMANENT: address.IFA_F_PERMANENT,
})
assertUapi('linux/neighbour.h', {
  ...neighbour.neighbour.macros,
  NUD_PERMANENT: neighbour.NUD_PERMANENT,
  NUD_NOARP: neighbour.NUD_NOARP,
})
assertUapi('linux/rtnetlink.h', {
  ...entry.route.macros,
  RTM_NEWLINK: link.RTM_NEWLINK,
  RTM_DELLINK: link.RTM_DELLINK,
  RTM_GETLINK: link.RTM_GETLINK,
  RTM_NEWADDR: address.RTM_NEWADDR,
  RTM_DELADDR: address.RTM_DELADDR,
  RTM_GETADDR: address.RTM_GETADDR,
  RTM_NEWROUTE: entry.RTM_NEWROUTE,
  RTM_DELROUTE: entry.RTM_DELROUTE,
  RTM_GETROUTE: entry.RTM_GETROUTE,
  RTM_NEWNEIGH: neighbour.RTM_NEWNEIGH,
  RTM_GETNEIGH: neighbour.RTM_GETNEIGH,
  RT_TABLE_MAIN: entry.RT_TABLE_MAIN,
  ...Object.fromEntries(Object.entries(entry.routeTypes).map(([name, value]) => [`RTN_${name.toUpperCase()}`, value])),
})
