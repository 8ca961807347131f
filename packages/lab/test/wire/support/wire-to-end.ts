// Opens a wire, says so, and ends in the way that its argument names. Run by exit.test.ts and user.test.ts.
import { writeSync } from 'node:fs'
import { sandbox } from '@sallyport/linux'
import { ADDRESS, echo, roundTrips, Span } from './span.ts'

await sandbox()

const [how] = process.argv.slice(2)
const span = await Span.open({ aToB: { delay: 5 } })
await echo(span, 'b', 7)
const [time] = await roundTrips(await span.udp('a'), ADDRESS.b, 7, 1)
if (how === 'unopened') {
  const { Wire } = await import('../../../src/wire/index.ts')
  Wire.open() // the thread is still starting when the process ends
}
writeSync(1, `${JSON.stringify({ time, user: process.getuid?.() })}\n`)
switch (how) {
  case 'dispose':
    await span[Symbol.asyncDispose]()
    break
  case 'exit':
  case 'unopened':
    process.exit(7)
    break
  case 'throw':
    throw new Error('on purpose')
  case 'kill':
    setInterval(() => {}, 1000)
}
