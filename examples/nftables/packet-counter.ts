/**
 * Counts what this machine sends to an address: `node packet-counter.ts ADDRESS`. The first run begins to count, the next
 * ones say how much it was since the last.
 */
import { connect, counter, ip } from '@sallyport/nftables'

const [address = '192.0.2.1'] = process.argv.slice(2)
await using nf = await connect()

if (nf.tables().some(({ family, name }) => family === 'inet' && name === 'counting')) {
  const sent = nf.reset(nf.table('inet', 'counting').counter('sent'))
  if (sent.expr === 'counter') console.log(`${sent.packets} packets, ${sent.bytes} bytes`)
} else {
  const tx = nf.transaction()
  const counting = tx.table('inet', 'counting')
  const sent = counting.counter('sent')
  counting.chain('output', { hook: 'output' }).rule(ip.daddr.eq(address), counter(sent))
  tx.commit()
}
