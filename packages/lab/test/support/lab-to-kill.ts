// Builds a lab with a program in every host, says which, and waits to be killed. Run by kill.test.ts.
import { readlinkSync } from 'node:fs'
import { Lab, type LabNode } from '@sallyport/lab'

const marker = process.argv[2]!
const lab = await Lab.create()
const home = lab.router('home')
const inner = home.router('inner', { nat: 'symmetric' })
const link = { delay: '10ms' } as const
const nodes: LabNode[] = [0, 1].flatMap((n) => [
  lab.server(`server${n}`),
  home.host(`home${n}`),
  inner.host(`inner${n}`, { link }),
])
await lab.ready()
for (const node of nodes) {
  node.spawn('sleep', [marker])
  await node.udp({ port: 4000 })
}
const own = readlinkSync('/proc/thread-self/ns/net')
process.stdout.write(
  `${JSON.stringify({ namespaces: [own, ...lab.nodes.map(({ namespace }) => `net:[${namespace.inode}]`)] })}\n`,
)
setInterval(() => {}, 1000)
