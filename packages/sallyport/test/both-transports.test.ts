import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sandbox } from '@sallyport/linux'
import { stun } from '@sallyport/traversal'
import { Running } from './support/server.ts'

await sandbox()

for (const command of [
  ['stun', '--listen', '127.0.0.1:3478'],
  ['turn', '--listen', '127.0.0.1:3478', '--relay', '127.0.0.1', '--realm', 'example.org', '--user', 'a:b'],
  ['stun', '--listen', '127.0.0.1:3478', '--listen-tcp', '127.0.0.1:3478'], // meant twice, served once
]) {
  test(`${command[0]}, ${command.length} words: what --listen names is served by UDP and by TCP`, async () => {
    await using server = await Running.start(command)
    const places = server.ready.listen as { transport: string; address: string; port: number }[]
    assert.deepEqual(places, [
      { transport: 'udp', address: '127.0.0.1', port: 3478 },
      { transport: 'tcp', address: '127.0.0.1', port: 3478 },
    ])
    for (const transport of ['udp', 'tcp'] as const) {
      const { mapped, local } = await stun.bind('127.0.0.1:3478', { transport })
      assert.deepEqual([mapped.address, mapped.port], ['127.0.0.1', local.port])
    }
  })
}
