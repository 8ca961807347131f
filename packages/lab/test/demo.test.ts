import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import {
  type DemoOptions,
  type DemoResult,
  load,
  masquerade,
  portTriggering,
  renderDemo,
  runDemo,
  sandbox,
} from '@sallyport/lab'
import { writeSysctl } from '@sallyport/linux'
import type { Ruleset } from '@sallyport/nftables'
import { parseConfig } from '@sallyport/router'

await sandbox()

const file = 'console-gaming.yaml'
const config = parseConfig(readFileSync(new URL(`../../../examples/${file}`, import.meta.url), 'utf8'), { file })

function failed({ facts }: DemoResult): string[] {
  return facts.filter(({ ok }) => !ok).map(({ what, observed }) => `${what}: ${observed}`)
}

test('the demo observes every expected fact behind our own router', async (t) => {
  const result = await runDemo({ config })
  assert.deepEqual(failed(result), [])
  assert.equal(result.ok, true)

  await t.test('three consoles on one local port: one external port each, and an A', () => {
    assert.deepEqual(
      result.nat.map(({ grade }) => grade),
      ['A', 'A', 'A'],
    )
    assert.deepEqual(
      result.nat.map(({ local }) => local.split(':')[1]),
      ['50000', '50000', '50000'],
    )
    assert.equal(new Set(result.nat.map(({ external }) => external)).size, 3)
  })

  await t.test('the forwards of the example arrive where it says, the range with all its ports', () => {
    const rows = result.forwards.map(({ port, to, reached, arrived }) => [port, to, reached, arrived])
    assert.deepEqual(rows, [
      ['tcp/6881', 'workstation', true, 1],
      ['tcp/1000', 'workstation:2345', true, 1],
      ['udp/30000-30099', 'switch-1', true, 100],
    ])
  })

  await t.test('behind port triggering the first console gets an A, the second none', () => {
    const [first, second] = result.beside.nat
    assert.equal(first?.grade, 'A')
    assert.notEqual(second?.grade, 'A')
  })

  await t.test('its table shows every row and every fact, without marks unless asked', () => {
    const text = renderDemo(result)
    for (const { host, local } of result.nat)
      assert.match(text, new RegExp(`^  ${host} +${local} +203\\.0\\.113\\.1:`, 'm'))
    for (const { what } of result.facts) assert.ok(text.includes(what), what)
    assert.ok(!text.includes('\u001b'))
    const bold = (cell: string): string => `\u001b[1m${cell}\u001b[0m`
    const marked = renderDemo(result, { heading: bold, good: bold, bad: bold })
    assert.equal(marked.replaceAll('\u001b[1m', '').replaceAll('\u001b[0m', ''), text)
  })

  await t.test('it is data: JSON and back', () => assert.deepEqual(JSON.parse(JSON.stringify(result)), result))
})

/** Another router in the place of ours. */
function instead(rules: (wan: string) => Ruleset): NonNullable<DemoOptions['applyRouter']> {
  return ({ wan }, { namespace }) => {
    namespace.run(() => writeSysctl('net.ipv4.ip_forward', 1))
    load(rules(wan[0]!.name), namespace)
  }
}

test('the demo says no to a router that does nothing', async () => {
  const result = await runDemo({ config, applyRouter: () => {} })
  assert.equal(result.ok, false)
  assert.deepEqual(
    result.nat.map(({ external, grade }) => [external, grade]),
    Array(3).fill([null, 'F']),
  )
  assert.ok(failed(result).includes('udp/30000-30099 from the internet: ports that arrive at switch-1: 0'))
  assert.ok(failed(result).includes('tcp/23 from the internet: refused'))
})

test('the demo says no to masquerade in the place of our router', async () => {
  const result = await runDemo({ config, applyRouter: instead(masquerade) })
  assert.equal(result.ok, false)
  assert.ok(
    failed(result).includes(
      'switch-1: filtering, tried by servers and by a stranger it never contacted: address-and-port-dependent',
    ),
  )
  assert.ok(failed(result).includes('switch-1: grade when each console begins at another server: D'))
  assert.ok(failed(result).includes('tcp/6881 from the internet: ports that arrive at workstation: 0'))
})

test('the demo says no to port triggering in the place of our router', async () => {
  const result = await runDemo({
    config,
    applyRouter: instead((wan) => portTriggering({ wan, inside: '192.168.1.0/24' })),
  })
  assert.equal(result.ok, false)
  assert.ok(
    failed(result).includes(
      'switch-2: filtering, tried by servers and by a stranger it never contacted: address-and-port-dependent',
    ),
  )
  assert.ok(failed(result).includes('tcp/6881 at the WAN address, from a console: nobody'))
})
