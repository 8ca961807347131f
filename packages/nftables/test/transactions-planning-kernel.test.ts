import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NetworkNamespace, sandbox } from '@sallyport/linux'
import { comment, commentOf, connect, counter, drop, PlanOvertaken } from '../src/index.ts'
import { apply, comments, fresh, withChain } from './support/transactions.ts'

await sandbox()

describe('planning', () => {
  test('begins again when others were faster, with what they left', () =>
    fresh(async (nf) => {
      withChain(nf, 'a')
      let plans = 0
      const seen = await nf.transact((tx, { rules }) => {
        plans += 1
        if (plans < 4)
          apply(nf, (other) => other.append(nf.table('inet', 't').chain('c'), drop(), comment(`other ${plans}`)))
        tx.append(nf.table('inet', 't').chain('c'), drop(), comment('mine'))
        return rules.length
      })
      assert.equal(plans, 4)
      assert.equal(seen, 4)
      assert.deepEqual(comments(nf), ['a', 'other 1', 'other 2', 'other 3', 'mine'])
    }))

  test('gives up in the end, and says so', () =>
    fresh(async (nf) => {
      const plan = nf.transact(
        (tx) => {
          apply(nf, (other) => other.table('inet', 'busy', { flags: nf.tables()[0]?.flags?.length ? [] : ['dormant'] }))
          tx.table('inet', 't')
        },
        { attempts: 3 },
      )
      await assert.rejects(plan, (error) => error instanceof PlanOvertaken && error.attempts === 3)
      assert.equal(nf.tables().length, 1)
    }))

  test('of two processes with 1,000 commits each loses no update', async () => {
    using namespace = NetworkNamespace.create()
    await using nf = await connect({ namespace })
    const tx = nf.transaction()
    tx.table('inet', 'shared').chain('c').rule(counter(), comment('0'))
    tx.commit()
    const program = fileURLToPath(new URL('./support/writer.ts', import.meta.url))
    const writers = namespace.run(() =>
      [1, 2].map(() => spawn(process.execPath, [program, '1000'], { stdio: ['pipe', 'pipe', 'inherit'] })),
    )
    await Promise.all(writers.map(({ stdout }) => once(stdout, 'readable')))
    for (const { stdin } of writers) stdin.end()
    const plans = await Promise.all(
      writers.map(async (writer) => {
        let out = ''
        writer.stdout.setEncoding('utf8').on('data', (text: string) => {
          out += text
        })
        assert.deepEqual(await once(writer, 'close'), [0, null])
        return Number(out.replace('ready', ''))
      }),
    )
    assert.equal(commentOf(nf.rules()[0]!), '2000')
    assert.ok(plans[0]! + plans[1]! > 2000, `they did meet: ${plans.join(' and ')} plans for 2000 commits`)
  })
})
