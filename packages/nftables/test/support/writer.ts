/**
 * One of several processes that count in the same place: `node writer.ts TIMES`. Says `ready`, begins when its input
 * ends, so that all begin together, and prints how often it had to plan.
 */
import { text } from 'node:stream/consumers'
import { comment, commentOf, connect, counter } from '../../src/index.ts'

await using nf = await connect()
const chain = nf.table('inet', 'shared').chain('c')
console.log('ready')
await text(process.stdin)
let plans = 0
for (let left = Number(process.argv[2]); left > 0; left--) {
  await nf.transact(
    (tx, { rules }) => {
      plans += 1
      const [rule] = rules
      if (rule === undefined) throw new Error('the rule is gone')
      tx.delete(rule)
      tx.append(chain, counter(), comment(String(Number(commentOf(rule)) + 1)))
    },
    { table: { family: 'inet', name: 'shared' }, attempts: 10_000 },
  )
}
console.log(plans)
