import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as elapsed } from 'node:timers/promises'
import { sandbox } from '@sallyport/lab'
import { needs, Random } from '@sallyport/linux/testing'
import { buildHouse, type House } from './support/house.ts'
import { comparable } from './support/listing.ts'
import { settings, state, twoConfigs } from './support/two-configs.ts'

await sandbox()

const options = needs({ nft: 'nftables' })
const applierProgram = join(import.meta.dirname, 'support/applier.ts')
const commandLine = join(import.meta.dirname, '../../packages/sallyport/bin/sallyport.js')
const seed = 20261120

/** Runs a program until it says something, and kills it so many milliseconds later. */
async function killAfter({ router }: House, args: readonly string[], delay: number): Promise<void> {
  const child = router.spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  if (args[0] === applierProgram) await once(child.stdout!, 'data')
  await elapsed(delay)
  child.kill('SIGKILL')
  const [, signal] = await exit
  assert.ok(signal === 'SIGKILL' || args[0] === commandLine, 'it was still at it')
}

type Two = Awaited<ReturnType<typeof twoConfigs>>

/** One of the two rulesets, whole; and the next apply makes it and the settings right, in one go. */
async function survived(house: House, two: Two, round: string): Promise<number> {
  const found = two.listings.indexOf(await comparable(house.router))
  assert.notEqual(found, -1, `${round}: a mixture`)
  const mixed = (await state(house)) !== two.states[found]
  const next = two.configs[found]!
  house.sallyport.apply(next)
  assert.equal(await state(house), two.states[found], `${round}: healed`)
  assert.equal(house.sallyport.apply(next).messages, 0)
  return mixed ? 1 : 0
}

test(
  'apply is killed at 45 moments: the old or the new ruleset is there, and the next apply heals the rest',
  options,
  async () => {
    await using house = await buildHouse()
    const before = settings(house)
    using two = await twoConfigs(house)
    const random = new Random(seed)
    house.sallyport.apply(two.configs[0]!)
    for (let round = 0; round < 45; round++) {
      const delay = random.below(120)
      await killAfter(house, [applierProgram, 'loop', ...two.files], delay)
      await survived(house, two, `round ${round}, killed after ${delay} ms (seed ${seed})`)
    }
    house.sallyport.down()
    assert.equal(settings(house), before, 'and down still knows how it was')
  },
)

test('the command line is killed at 5 moments: the same', options, async () => {
  await using house = await buildHouse()
  using two = await twoConfigs(house)
  const random = new Random(seed)
  house.sallyport.apply(two.configs[0]!)
  for (let round = 0; round < 5; round++) {
    const delay = 250 + random.below(400)
    await killAfter(house, [commandLine, 'apply', '-c', two.files[(round + 1) % 2]!], delay)
    await survived(house, two, `round ${round}, killed after ${delay} ms (seed ${seed})`)
  }
})

test(
  'the first apply is killed: nothing is there, or all of it, and down puts the settings back',
  options,
  async () => {
    await using house = await buildHouse()
    const before = settings(house)
    using two = await twoConfigs(house)
    const random = new Random(seed)
    for (let round = 0; round < 5; round++) {
      await killAfter(house, [commandLine, 'apply', '-c', two.files[1]], 250 + random.below(300))
      assert.ok(['', two.listings[1]].includes(await comparable(house.router)), `round ${round}`)
      house.sallyport.down()
      assert.equal(settings(house), before)
    }
  },
)
