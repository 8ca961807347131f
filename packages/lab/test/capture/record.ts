// Records a datagram through a NAT into the file that is its argument. Run by tcpdump.test.ts.
import { sandbox } from '@sallyport/linux'
import { capture } from '../../src/capture/index.ts'
import { house } from './stage.ts'

await sandbox()

const { stage, alice, server } = await house()
const box = await alice.mailbox({ port: 40000 })
const listening = await server.mailbox({ port: 3478 })
const recording = capture(stage, { file: process.argv[2] })
await box.send('ask', { address: '203.0.113.10', port: 3478 })
await listening.receive()
await recording.stop()
await stage[Symbol.asyncDispose]()
