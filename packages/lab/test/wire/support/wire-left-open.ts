// Opens a wire and has nothing else to do: a wire keeps nobody alive. Run by exit.test.ts.
import { sandbox } from '@sallyport/linux'
import { Wire } from '../../../src/wire/index.ts'

await sandbox()
const wire = Wire.open()
await wire.ready()
process.stdout.write('{}\n')
