import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { capture } from '../../src/capture/index.ts'
import { LiveView, Observer, renderView, type ViewNode, type ViewState } from '../../src/view/index.ts'
import { house } from '../capture/stage.ts'

await sandbox()

const quiet = { packets: 0, bits: 0 }
const alice: ViewNode = {
  name: 'alice',
  isRouter: false,
  addresses: ['192.168.1.2'],
  links: [{ interface: 'eth0', network: 'house', impairment: '', up: { packets: 12, bits: 1_234_567 }, down: quiet }],
  rules: [],
  dropped: 0,
}
const home: ViewNode = {
  name: 'home',
  isRouter: true,
  addresses: ['203.0.113.2', '192.168.1.1'],
  links: [{ interface: 'wan', network: 'internet', impairment: '20ms, loss 1 %', up: quiet, down: quiet }],
  conntrack: { count: 7, newest: ['udp 192.168.1.2:40000 → 203.0.113.10:3478 as 203.0.113.2:40000, 29 s'] },
  rules: [{ name: 'ip nat in: unsolicited', packets: 9n, more: 2n }],
  dropped: 3,
}
const state: ViewState = { title: 'matrix', elapsed: 1500, nodes: [alice, home], packets: ['one', 'two', 'three'] }

test('a picture has nodes, links with rates and impairments, connections, counters and packets', () => {
  assert.equal(
    renderView(state),
    [
      'matrix  2 nodes  1.5 s  3 not forwarded',
      'alice  192.168.1.2',
      '  eth0  house      ↑ 1.2 Mbit/s 12/s      ↓ –',
      'home  router  203.0.113.2 192.168.1.1  7 connections  3 not forwarded',
      '  wan   internet   ↑ –                    ↓ –                     20ms, loss 1 %',
      '  udp 192.168.1.2:40000 → 203.0.113.10:3478 as 203.0.113.2:40000, 29 s',
      '  ip nat in: unsolicited: 9 (+2)',
      'last packets',
      '  one',
      '  two',
      '  three',
    ].join('\n'),
  )
})

test('it fits into any screen, and says what is missing', () => {
  const many = { ...state, nodes: Array.from({ length: 50 }, (_, index) => ({ ...alice, name: `n${index}` })) }
  for (let height = 1; height < 30; height += 1) {
    for (const width of [1, 10, 40, 200]) {
      const lines = renderView(many, { width, height }).split('\n')
      assert.ok(lines.length <= height, `${lines.length} lines in ${height}`)
      assert.ok(lines.every((line) => line.length <= width))
    }
  }
  assert.match(renderView(many, { height: 24 }), /… 41 more nodes\nlast packets/)
})

test('colours are asked for, and control characters never reach the terminal', () => {
  const tricky = { ...state, title: 'a\x1b[2Jb\n' }
  assert.match(renderView(tricky), /^a·\[2Jb· {2}2 nodes/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(renderView(state), /\x1b/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.match(renderView(state, { color: true }), /\x1b\[1malice\x1b\[0m/)
})

test('what a real lab does is observed: rates, a connection with its mapping, a packet that is not forwarded', async () => {
  const { stage, alice: host, server } = await house()
  await using _stage = stage
  await using box = await host.mailbox({ port: 40000 })
  await using listening = await server.mailbox({ port: 3478 })
  await using seen = capture(stage)
  using observer = new Observer(stage, { capture: seen })
  observer.observe(0)
  for (let count = 0; count < 10; count += 1) {
    await box.send('x'.repeat(1000), { address: '203.0.113.10', port: 3478 })
    await listening.receive()
  }
  await listening.send('unsolicited', { address: '203.0.113.2', port: 50000 })
  await seen.settled()
  const { nodes, packets } = observer.observe(1000)
  const router = nodes.find(({ name }) => name === 'home')
  const { up } = nodes.find(({ name }) => name === 'alice')!.links[0]!
  assert.ok(up.packets >= 10 && up.packets < 20, `${up.packets} packets a second`)
  assert.ok(up.bits >= 10 * 1042 * 8 && up.bits < 12 * 1042 * 8, `${up.bits} bits a second`)
  assert.ok(
    router?.conntrack?.newest.some((line) => /^udp 192\.168\.1\.2:40000 → .* as 203\.0\.113\.2:40000/.test(line)),
  )
  assert.equal(router?.dropped, 1)
  assert.ok(packets.some((line) => line.includes('home: not forwarded: answered with ICMP port unreachable')))
})

test('a live view draws on a terminal, and gives it back', async () => {
  const { stage } = await house()
  await using _stage = stage
  const written: string[] = []
  const screen = { isTTY: true, columns: 60, rows: 12, write: (text: string) => written.push(text) }
  {
    await using _view = new LiveView(stage, { screen, title: 'house' })
  }
  assert.ok(written[0]?.includes('?1049h'))
  assert.ok(written[1]?.includes('house'))
  assert.ok(written.at(-1)?.includes('?1049l'))
})

test('without a terminal nothing is drawn', async () => {
  const { stage } = await house()
  await using _stage = stage
  const screen = { write: () => assert.fail('something was written') }
  await using _view = new LiveView(stage, { screen })
})
