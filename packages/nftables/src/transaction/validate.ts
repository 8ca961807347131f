import type { Connection } from '@sallyport/linux'
import type { Expression } from '../expr/index.ts'
import { Batch } from './batch.ts'
import { type CommitOptions, check, tooMany } from './commit.ts'
import { exchange } from './exchange.ts'

/**
 * Has the kernel check a batch as if it were committed, and change nothing. Throws what `send` would.
 *
 * A batch that does not come to its end is checked and taken back (nfnetlink_rcv_batch). What is looked at only when
 * chains are seen together, circles of jumps and expressions that do not suit the hook, comes out in a second reading,
 * for which the kernel remembers the tables to be looked at; but not those that the batch itself adds. When it adds one,
 * it is therefore sent once more, with an end, and with something that cannot be committed.
 */
export function validate(connection: Connection, batch: Batch, options: CommitOptions = {}): void {
  if (batch.size === 0) return
  probe(connection, batch, batch, false, options)
  if (batch.operations.some(({ kind, verb }) => kind === 'table' && (verb === 'add' || verb === 'create'))) {
    probe(connection, batch, batch.concat(impossible()), true, options)
  }
}

/** Sends `sent`, and throws what is wrong with the part of it that is `batch`. */
function probe(connection: Connection, batch: Batch, sent: Batch, end: boolean, { generation }: CommitOptions): void {
  const first = connection.sequences(sent.size + 2)
  const answers = exchange(connection, sent.encode(first, generation, { end }), first, first + sent.size + 1)
  check(
    { ...answers, errors: answers.errors.filter(({ sequence }) => sequence <= first + batch.size) },
    batch,
    first,
    generation,
  )
  if (answers.lost) throw tooMany()
  if (end && answers.errors.length === 0) throw new Error('the kernel has committed chains that jump in a circle')
}

/**
 * Chains that packets would never leave. A kernel that took them would hang at the next packet, so that none does: this
 * keeps everything else in the batch from being committed. It is found only after all that could be wrong with the rest.
 */
function impossible(): Batch {
  const table = 'sallyport-dry-run'
  const place = { family: 'inet', table } as const
  const jump = (chain: string): Expression[] => [
    { expr: 'immediate', dreg: 0, data: { verdict: { code: 'jump', chain } } },
  ]
  return new Batch({ sources: false })
    .add('table', { family: 'inet', name: table })
    .add('chain', { ...place, name: 'base', type: 'filter', hook: { hook: 'output', priority: 0 }, policy: 'accept' })
    .add('chain', { ...place, name: 'there' })
    .add('chain', { ...place, name: 'back' })
    .add('rule', { ...place, chain: 'base', expressions: jump('there') })
    .add('rule', { ...place, chain: 'there', expressions: jump('back') })
    .add('rule', { ...place, chain: 'back', expressions: jump('there') })
}
