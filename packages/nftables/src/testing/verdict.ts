import { EINVAL, ENOENT, EOPNOTSUPP, type Writer } from '@sallyport/linux'
import { inside, type Located } from './attributes.ts'
import type { Context } from './expressions.ts'
import { putNest, putText, putU32 } from './fill.ts'
import { Refusal } from './refusal.ts'
import { NFT_CHAIN, NFT_GOTO, NFT_JUMP, NFTA_DATA, NFTA_VERDICT } from './uapi.ts'
import { type Chain, type ElementData, isThere } from './world.ts'

export interface Verdict {
  /** NF_* and NFT_*. */
  readonly code: number
  /** Of jump and goto: counted as used. */
  readonly chain?: Chain
}

/** NF_DROP, NF_ACCEPT, NFT_CONTINUE, NFT_BREAK, NFT_RETURN */
const plain: ReadonlySet<number> = new Set([0, 1, -1, -2, -5])
const VALUE_LIMIT = 64 // NFT_DATA_VALUE_MAXLEN

/** enum nft_data_attributes: a value, or a verdict whose chain is counted as used. */
export function readData(context: Context, located: Located, ofElement: boolean): ElementData {
  const data = inside(located)
  const value = data.bytes(NFTA_DATA.VALUE)
  if (value !== undefined) {
    if (value.length === 0 || value.length > VALUE_LIMIT) throw new Refusal(EINVAL)
    return { value }
  }
  const verdict = data.nest(NFTA_DATA.VERDICT)
  const code = verdict?.i32(NFTA_VERDICT.CODE)
  if (verdict === undefined || code === undefined) throw new Refusal(EINVAL)
  if (code !== NFT_JUMP && code !== NFT_GOTO) {
    if (!plain.has(code)) throw new Refusal(EINVAL)
    return { verdict: { code } }
  }
  const chain = targetOf(context, verdict.text(NFTA_VERDICT.CHAIN), verdict.u32(NFTA_VERDICT.CHAIN_ID), ofElement)
  return { verdict: { code, chain } }
}

function targetOf(context: Context, name: string | undefined, id: number | undefined, ofElement: boolean): Chain {
  if (name === undefined && id === undefined) throw new Refusal(EINVAL)
  const { table, journal } = context
  const ofBatch = (): Chain | undefined => journal.chainIds.first(id!, (each) => each.table === table && isThere(each))
  const chain = name === undefined ? ofBatch() : table.chains.get(name)
  if (chain === undefined) throw new Refusal(ENOENT)
  if (chain.base !== undefined) throw new Refusal(EOPNOTSUPP)
  if (chain.bound || (ofElement && (chain.flags & NFT_CHAIN.BINDING) !== 0)) throw new Refusal(EINVAL)
  journal.count(chain, 1)
  return chain
}

export function writeVerdict(out: Writer, type: number, { code, chain }: Verdict): void {
  putNest(out, type, (data) => {
    putNest(data, NFTA_DATA.VERDICT, (inner) => {
      putU32(inner, NFTA_VERDICT.CODE, code)
      if (chain !== undefined) putText(inner, NFTA_VERDICT.CHAIN, chain.name)
    })
  })
}
