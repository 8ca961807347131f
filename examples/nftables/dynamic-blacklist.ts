/**
 * Shuts addresses out: `node dynamic-blacklist.ts ADDRESS…`. Whoever is named is out for an hour, from now on; run it again
 * for others. Whoever tries port 23, where nothing is, puts himself on the list.
 */
import { connect, counter, drop, ip, type Nftables, tcp } from '@sallyport/nftables'

/** The list and what looks at it. */
function install(nf: Nftables): void {
  const tx = nf.transaction()
  const filter = tx.table('inet', 'blacklist')
  const blocked = filter.set('blocked', {
    type: 'ipv4_addr',
    flags: ['dynamic', 'timeout'],
    timeout: '1h',
    size: 65_536,
  })
  filter
    .chain('input', { hook: 'input', priority: 'filter', policy: 'accept' })
    .rule(ip.saddr.in(blocked), counter(), drop())
    .rule(tcp.dport.eq(23), blocked.add(ip.saddr), drop())
  tx.commit()
}

await using nf = await connect()
if (!nf.tables().some(({ family, name }) => family === 'inet' && name === 'blacklist')) install(nf)
const blocked = nf.table('inet', 'blacklist').set('blocked', 'ipv4_addr')
nf.transaction().replace(blocked, process.argv.slice(2)).commit()
