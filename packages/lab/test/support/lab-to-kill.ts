// Builds a lab with a program in every node, says which, and waits to be killed. Run by kill.test.ts.
import { readlinkSync } from 'node:fs'
import { Lab, sandbox } from '@sallyport/lab'

await sandbox()

const marker = process.argv[2]!
const lab = await Lab.create()
const net = lab.network('net')
const nodes = Array.from({ length: 6 }, (_, index) => lab.node(`n${index}`, { eth0: net.at(`10.0.0.${index + 1}/24`) }))
for (const node of nodes) {
  node.spawn('sleep', [marker])
  await node.udp({ port: 4000 })
}
const own = readlinkSync('/proc/thread-self/ns/net')
process.stdout.write(
  `${JSON.stringify({ namespaces: [own, ...nodes.map(({ namespace }) => `net:[${namespace.inode}]`)] })}\n`,
)
setInterval(() => {}, 1000)
