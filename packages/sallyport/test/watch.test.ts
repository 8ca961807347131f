import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { Lab, type LabNode, report, sandbox } from '@sallyport/lab'
import { connect } from '@sallyport/nftables'
import { parseConfig, Router } from '@sallyport/router'
import { program } from './support/command.ts'

await sandbox()

/** Resolves when somebody reads log group 64 of that node. */
async function groupIsRead(node: LabNode): Promise<void> {
  for (;;) {
    const { stdout } = await node.exec('cat', ['/proc/net/netfilter/nfnetlink_log'])
    if (/^ *64 /m.test(stdout)) return
  }
}

test('watch --json prints a line for each event, and ends with exit 0 on SIGINT', async () => {
  await using lab = await Lab.create()
  const [internet, house] = [lab.network('internet'), lab.network('house')]
  const router = lab.node('router', { eth0: internet.at('203.0.113.1/24'), eth1: house.at('192.168.1.1/24') })
  const host = lab.node('host', { eth0: house.at('192.168.1.2/24') }, { via: '192.168.1.1' })
  const server = lab.node('server', { eth0: internet.at('203.0.113.10/24') })
  using sallyport = Router.open({ namespace: router.namespace })
  const text = 'wan: eth0\nlan: { eth1: 192.168.1.1/24 }\nnat: { filtering: endpoint-independent, limit: none }\n'
  sallyport.apply(parseConfig(text, { file: 'watch.yaml' }))

  const watch = router.spawn(process.execPath, [program, 'watch', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(watch, 'exit')
  await groupIsRead(router)
  await using reflector = await server.reflector({ port: 3478 })
  await using box = await host.mailbox({ port: 50000 })
  await report(box, reflector.endpoint)
  const [line] = (await once(createInterface({ input: watch.stdout! }), 'line')) as [string]
  const open = { type: 'open', protocol: 'udp', internal: '192.168.1.2:50000', external: '203.0.113.1:50000' }
  assert.deepEqual(JSON.parse(line), open)
  watch.kill('SIGINT')
  assert.deepEqual(await exit, [0, null])
  using nftables = connect({ namespace: router.namespace })
  assert.equal(nftables.tables().length, 1, 'watching changes nothing')
})
