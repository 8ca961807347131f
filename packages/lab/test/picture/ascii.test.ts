import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawAscii, pictureOf, pictureOfTopology } from '../../src/picture/index.ts'
import { widthOf } from '../../src/picture/width.ts'
import { planNode } from '../../src/topology/topology.ts'
import { bigInternet, hotelInternet } from '../support/internets.ts'

test('a tree shows routers with their NAT, links with what they do, and what is behind what', () => {
  assert.equal(
    drawAscii(pictureOf(hotelInternet)),
    `internet
├─ stun
├─ home  [home]  lan 192.168.1.0/24
│  └─ alice  192.168.1.9
├─ isp  [cgnat]
│  └─ flat  [AD mapping, APD filtering]
│     └─ carol  ~ 20ms ±5ms, loss 2 % in bursts of 8
└─ hotel  [symmetric]  ~ 20ms, loss 1 %, 50mbit, up: 5mbit
   └─ bob
`,
  )
})

test('the addresses of the topology that was built stand beside the names', () => {
  const nodes = [planNode('alice', { eth0: { network: 'home', addresses: ['192.168.1.9/24', '2001:db8::9/64'] } })]
  const text = drawAscii(pictureOf(hotelInternet, { networks: [{ name: 'home' }], nodes }))
  assert.match(text, /└─ alice {2}eth0 192\.168\.1\.9\/24 2001:db8::9\/64\n/)
})

test('no line is wider than the terminal, and plain trees are ASCII', () => {
  for (const width of [20, 33, 60, 100]) {
    const lines = drawAscii(pictureOf(bigInternet), { width, plain: true }).split('\n')
    for (const line of lines) {
      assert.ok(widthOf(line) <= width, `${widthOf(line)} of ${width}: ${line}`)
      assert.match(line, /^[\x20-\x7e]*$/)
    }
  }
})

test('more addresses than a line has room for go on in the next one, and none is cut', () => {
  const addresses = ['203.0.113.2/24', '203.0.113.3/24', '203.0.113.4/24', '2001:db8::2/64']
  const nodes = [planNode('home', { wan: { network: 'internet', addresses } }, { forwarding: true })]
  assert.equal(
    drawAscii(pictureOf({ routers: { home: {} } }, { networks: [{ name: 'internet' }], nodes }), { width: 42 }),
    `internet
└─ home  [home]
      wan 203.0.113.2/24 203.0.113.3/24
      203.0.113.4/24 2001:db8::2/64
`,
  )
})

test('a name of wide characters counts two columns for each, and one that would move the cursor is defused', () => {
  assert.equal(widthOf('東京'), 4)
  const text = drawAscii(pictureOf({ servers: { 'a\u001b[2Jb': {} } }))
  assert.equal(text, 'internet\n└─ a?[2Jb\n')
})

test('a lab made node by node is seen from the network with most routers, and no node is drawn twice', () => {
  const at = (network: string, address: string): { network: string; addresses: string[] } => ({
    network,
    addresses: [address],
  })
  const nodes = [
    planNode('one', { wan: at('net', '203.0.113.1/24'), lan: at('house', '10.0.0.1/24') }, { forwarding: true }),
    planNode('two', { wan: at('net', '203.0.113.2/24'), lan: at('house', '10.0.0.2/24') }, { forwarding: true }),
    planNode('pc', { eth0: at('house', '10.0.0.3/24') }),
    planNode('lonely', {}),
  ]
  const picture = pictureOfTopology({ networks: [{ name: 'house' }, { name: 'net' }], nodes })
  assert.equal(
    drawAscii(picture),
    `(house)
├─ one  wan 203.0.113.1/24  lan 10.0.0.1/24
│  └─ (net)
│     └─ two  wan 203.0.113.2/24  lan 10.0.0.2/24
├─ two (above)
├─ pc  eth0 10.0.0.3/24
└─ lonely
`,
  )
})
