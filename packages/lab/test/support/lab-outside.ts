// Makes a lab without asking for a sandbox. Run by outside.test.ts.
import { readlinkSync } from 'node:fs'
import { Lab } from '@sallyport/lab'

process.stdout.write('before\n')
await using lab = await Lab.create()
const node = lab.node('a', {})
const isOwn = readlinkSync('/proc/thread-self/ns/net') !== `net:[${node.namespace.inode}]`
process.stdout.write(isOwn ? 'built in a namespace of its own\n' : 'built\n')
