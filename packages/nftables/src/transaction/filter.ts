import { type Codec, text } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import { nfMessage } from '../messages/header.ts'
import { anyFamily } from './generation.ts'
import type { TableRef } from './ref.ts'

interface Filter {
  family: Family
  table: string
  chain?: string
}

/** NFTA_RULE_TABLE, NFTA_SET_TABLE, NFTA_OBJ_TABLE and NFTA_FLOWTABLE_TABLE have the same number. */
const filter: Codec<Filter> = nfMessage<Filter>('filter', {
  table: [1, text, 'NFTA_RULE_TABLE'],
  chain: [2, text, 'NFTA_RULE_CHAIN'],
})

/** The body of a request for everything, or for what is in one table; of rules, in one chain of it. */
export function tableFilter(table: TableRef | undefined, chain?: string): Uint8Array {
  if (table === undefined) return anyFamily()
  return filter.encode({ family: table.family, table: table.name, ...(chain !== undefined && { chain }) })
}
