import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type LabNode, sandbox } from '@sallyport/lab'
import { needs } from '@sallyport/linux/testing'
import { parseConfig, render } from '@sallyport/router'
import { configs } from './support/configs.ts'
import { buildHouse, type House } from './support/house.ts'
import { assertSameListing, comparable, normalized, ruleset } from './support/listing.ts'
import { settings } from './support/two-configs.ts'

await sandbox()

interface Kind {
  readonly name: string
  readonly config: ReturnType<typeof parseConfig>
}

const kinds: Kind[] = Object.entries(configs).map(([name, text]) => ({
  name,
  config: parseConfig(text, { file: name }),
}))

describe('every kind of config', needs({ nft: 'nftables' }), () => {
  let house: House
  let empty: LabNode
  /** By the name of the config: what apply makes of an empty namespace. */
  const alone = new Map<string, string>()
  const aloneSettings = new Map<string, string>()

  before(async () => {
    house = await buildHouse()
    empty = house.lab.node('empty', { eth0: house.lab.network('nowhere').at('10.0.0.1/24') })
    for (const { name, config } of kinds) {
      house.sallyport.apply(config)
      alone.set(name, await ruleset(house.router))
      aloneSettings.set(name, settings(house))
      house.sallyport.down()
    }
  })
  after(() => house[Symbol.asyncDispose]())

  for (const { name, config } of kinds) {
    test(`${name}: what render prints loads with nft, and lists as what apply makes`, async () => {
      const { status, stderr } = await empty.exec('nft', ['-f', '-'], { input: `flush ruleset\n${render(config)}` })
      assert.equal(status, 0, stderr)
      assertSameListing(await ruleset(empty), alone.get(name)!, name)
    })
  }

  /** The kernel has another config: this one has to come out as if it were the first, with nothing left to do. */
  async function turnTo({ name, config }: Kind, from: Kind): Promise<void> {
    const what = `from '${from.name}' to '${name}'`
    const planned = house.sallyport.plan(config)
    const done = house.sallyport.apply(config)
    assertSameListing(await comparable(house.router), normalized(alone.get(name)!), what)
    assert.equal(settings(house), aloneSettings.get(name), what)
    assert.deepEqual([done.changes, done.messages], [planned.changes, planned.messages], `${what}: as planned`)
    const again = house.sallyport.apply(config)
    assert.deepEqual([again.changes, again.messages, again.generation], [[], 0, done.generation], `${what}: again`)
  }

  for (const [index, one] of kinds.slice(0, -1).entries()) {
    test(`${one.name}: to the kinds below and back, each as if it had been the first`, async () => {
      house.sallyport.apply(one.config)
      for (const other of kinds.slice(index + 1)) {
        await turnTo(other, one)
        await turnTo(one, other)
      }
    })
  }
})
