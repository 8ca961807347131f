/** What leaves by an interface gets the address of that: `node masquerade.ts INTERFACE`. */
import { connect, masquerade, oifname } from '@sallyport/nftables'

const [wan] = process.argv.slice(2)
if (wan === undefined) throw new Error('which interface?')

await using nf = await connect()
const tx = nf.transaction()
tx.table('inet', 'sharing')
  .chain('leave', { type: 'nat', hook: 'postrouting', priority: 'srcnat' })
  .rule(oifname.eq(wan), masquerade())
tx.commit()
