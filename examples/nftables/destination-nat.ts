/** Leads a TCP port of an interface to a machine behind it: `node destination-nat.ts INTERFACE PORT ADDRESS PORT`. */
import { connect, dnat, iifname, tcp } from '@sallyport/nftables'

const [from, port, to, toPort] = process.argv.slice(2)
if (from === undefined || to === undefined) throw new Error('which interface, port, address and port?')

await using nf = await connect()
const tx = nf.transaction()
tx.table('inet', 'forwards')
  .chain('arrive', { type: 'nat', hook: 'prerouting', priority: 'dstnat' })
  .rule(iifname.eq(from), tcp.dport.eq(Number(port)), dnat({ to, port: Number(toPort) }))
tx.commit()
