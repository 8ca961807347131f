import { NetworkNamespace } from '@sallyport/linux'
import {
  type Committed,
  comment,
  commentOf,
  connect,
  counter,
  type Nftables,
  type RuleHandle,
  type Transaction,
  TransactionError,
} from '../../src/index.ts'
import { nft } from './nft.ts'

/** A namespace of its own with an empty ruleset, where nft lists too. */
export async function fresh<T>(fn: (nf: Nftables, list: (...args: string[]) => string) => T | Promise<T>): Promise<T> {
  using namespace = NetworkNamespace.create()
  await using nf = await connect({ namespace })
  return await fn(nf, (...args) => namespace.run(() => nft([...args, 'list', 'ruleset'])))
}

/** Without indentation and empty lines. */
export function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

export function apply(nf: Nftables, fn: (tx: Transaction) => void): Committed {
  const tx = nf.transaction()
  fn(tx)
  return tx.commit()
}

/** A chain `c` in a table, for rules. */
export function withChain(nf: Nftables, ...names: string[]): RuleHandle[] {
  const tx = nf.transaction()
  const chain = tx.table('inet', 't').chain('c')
  const rules = names.map((name) => tx.append(chain, counter(), comment(name)))
  tx.commit()
  return rules
}

export function comments(nf: Nftables): (string | undefined)[] {
  return nf.rules({ family: 'inet', name: 't' }).map(commentOf)
}

/** The number of the line that calls. */
export function line(): number {
  return Number(/:(\d+):\d+\)?$/.exec(new Error().stack!.split('\n')[2]!)![1])
}

export function failures(fn: () => unknown): TransactionError['failures'] {
  try {
    fn()
  } catch (error) {
    if (error instanceof TransactionError) return error.failures
    throw error
  }
  throw new Error('the kernel took it')
}
