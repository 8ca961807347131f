import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { sandbox } from '@sallyport/lab'
import type { NetworkNamespace } from '@sallyport/linux'
import { needs } from '@sallyport/linux/testing'
import { connect } from '@sallyport/nftables'
import { Router } from '@sallyport/router'
import { buildHouse, type House } from './support/house.ts'
import { assertSameListing, comparable } from './support/listing.ts'
import { settings, state, twoConfigs } from './support/two-configs.ts'

await sandbox()

const applierProgram = join(import.meta.dirname, 'support/applier.ts')
const commandLine = join(import.meta.dirname, '../../packages/sallyport/bin/sallyport.js')
const options = needs({ nft: 'nftables' })

interface Applier {
  /** Resolves with what it says when it has applied its file. */
  apply(): Promise<string>
  /** Resolves with the exit status. */
  end(): Promise<number>
}

async function applier({ router }: House, file: string): Promise<Applier> {
  const child = router.spawn(process.execPath, [applierProgram, 'once', file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => String((await lines.next()).value)
  assert.equal(await line(), 'ready')
  return {
    apply() {
      child.stdin!.write('go\n')
      return line()
    },
    async end() {
      const exit = once(child, 'exit')
      child.stdin!.end()
      return (await exit)[0]
    },
  }
}

test('two appliers at once, 50 times: the kernel has what one of them wanted, all of it', options, async () => {
  await using house = await buildHouse()
  using two = await twoConfigs(house)
  const before = settings(house)
  const appliers = [await applier(house, two.files[0]), await applier(house, two.files[1])] as const
  const won = [0, 0]
  for (let round = 0; round < 50; round++) {
    const order = round % 2 === 0 ? appliers : appliers.toReversed()
    const said = await Promise.all(order.map((one) => one.apply()))
    assert.ok(
      said.every((line) => line.startsWith('done')),
      said.join(),
    )
    const found = await comparable(house.router)
    const winner = two.listings.indexOf(found)
    if (winner < 0) assertSameListing(found, two.listings[0]!, `round ${round}: neither the one nor the other`)
    assert.equal(settings(house), two.settings[winner], `round ${round}: ${said}`)
    won[winner]! += 1
    if (round % 5 === 4) house.sallyport.down()
  }
  assert.deepEqual([await appliers[0].end(), await appliers[1].end()], [0, 0])
  house.sallyport.down()
  assert.equal(settings(house), before)
  assert.ok(won[0]! > 0 && won[1]! > 0, `each of them wins now and then: ${won}`)
})

test(
  'the command line twice at once, 5 times: both exit with 0, and the kernel has what one wanted',
  options,
  async () => {
    await using house = await buildHouse()
    using two = await twoConfigs(house)
    for (let round = 0; round < 5; round++) {
      const run = (file: string) => house.router.exec(process.execPath, [commandLine, 'apply', '--json', '-c', file])
      const done = await Promise.all(two.files.map(run))
      assert.deepEqual(
        done.map(({ status, stderr }) => [status, stderr]),
        [
          [0, ''],
          [0, ''],
        ],
      )
      for (const { stdout } of done) assert.equal(JSON.parse(stdout).applied, true)
      assert.ok(two.states.includes(await state(house)), `round ${round}`)
    }
  },
)

/** The namespace, but something is done in it right before it is entered for the first time after the next commit. */
function interrupted({ router }: House, meanwhile: () => void): NetworkNamespace {
  using nftables = connect({ namespace: router.namespace })
  const before = nftables.generation()
  let done = false
  const run = <T>(fn: () => T): T => {
    if (!done && generationOf(router.namespace) !== before) {
      done = true
      meanwhile()
    }
    return router.namespace.run(fn)
  }
  return interceptedBy(router.namespace, () => run)
}

function interceptedBy(namespace: NetworkNamespace, run: () => NetworkNamespace['run']): NetworkNamespace {
  return new Proxy(namespace, {
    get: (target, name) => (name === 'run' ? run() : Reflect.get(target, name, target)),
  })
}

function generationOf(namespace: NetworkNamespace): number {
  using nftables = connect({ namespace })
  return nftables.generation()
}

test(
  'another config comes in between the commit and the settings: in the end they are of one config',
  options,
  async () => {
    await using house = await buildHouse()
    using two = await twoConfigs(house)
    let came = 0
    const meanwhile = (): void => {
      came += house.sallyport.apply(two.configs[1]!).messages
    }
    using slow = Router.open({ namespace: interrupted(house, meanwhile) })
    slow.apply(two.configs[0]!)
    assert.ok(came > 0, 'the other one did come in between')
    assert.equal(await state(house), two.states[0])
  },
)

test(
  'down comes in between the commit and the settings: forwarding is not left on without rules',
  options,
  async () => {
    await using house = await buildHouse()
    using two = await twoConfigs(house)
    const before = settings(house)
    using slow = Router.open({ namespace: interrupted(house, () => house.sallyport.down()) })
    slow.apply(two.configs[0]!)
    assert.equal(await state(house), two.states[0])
    slow.down()
    assert.equal(settings(house), before, 'how it was is not forgotten')
  },
)

test(
  'another apply writes its settings between our look and our commit: in the end they are ours',
  options,
  async () => {
    await using house = await buildHouse()
    using two = await twoConfigs(house)
    house.sallyport.apply(two.configs[0]!)
    const { router } = house
    const names = ['net.netfilter.nf_conntrack_udp_timeout', 'net.netfilter.nf_conntrack_udp_timeout_stream']
    const theirs = names.map((name) => router.sysctl(name)!)
    // They have committed, and are about to write: the settings are as we want them, still.
    for (const [index, name] of names.entries()) router.sysctl(name, [30, 40][index])
    let wrote = false
    const run = <T>(fn: () => T): T => {
      const found = router.namespace.run(fn)
      if (!wrote) for (const [index, name] of names.entries()) router.sysctl(name, theirs[index])
      wrote = true
      return found
    }
    using slow = Router.open({ namespace: interceptedBy(router.namespace, () => run) })
    wrote = false
    slow.apply(two.configs[1]!)
    assert.equal(await state(house), two.states[1])
  },
)
