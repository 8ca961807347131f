/** A process that does one thing, so that its memory can be looked at: `load-set.ts FILE`, one address on each line. */
import { readFileSync } from 'node:fs'
import { batchOf, connect, Ruleset } from '@sallyport/nftables'

const elements = readFileSync(process.argv[2]!, 'utf8').split('\n')
const ruleset = new Ruleset()
ruleset.table('inet', 'bench').set('addresses', { type: 'ipv4_addr', size: elements.length, elements })
using nft = connect()
nft.commit(batchOf(ruleset))
