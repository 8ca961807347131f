// A process of its own that applies configs in the namespace it is started in, with `loop` again and again, else once
// for each line that it reads. Says on stdout when it is ready, and after each line how it went.
import { createInterface } from 'node:readline'
import { loadConfig, Router } from '@sallyport/router'

const [mode, ...files] = process.argv.slice(2)
const configs = await Promise.all(files.map((file) => loadConfig(file)))
using router = Router.open()
process.stdout.write('ready\n')
if (mode === 'loop') for (let turn = 0; ; turn++) router.apply(configs[turn % configs.length]!)
for await (const _ of createInterface({ input: process.stdin })) {
  const { messages } = router.apply(configs[0]!)
  process.stdout.write(`done ${messages}\n`)
}
