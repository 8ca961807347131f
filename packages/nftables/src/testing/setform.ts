import { EINVAL, EOPNOTSUPP } from '@sallyport/linux'
import { inside } from './attributes.ts'
import { E2BIG, ERANGE } from './errno.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { NFT_DATA_VERDICT, NFT_SET, NFTA_SET, NFTA_SET_DESC, NFTA_SET_FIELD } from './uapi.ts'
import type { NamedSet } from './world.ts'

/** What a NEWSET message says of a set. */
export type Described = Pick<
  NamedSet,
  | 'flags'
  | 'keyType'
  | 'keyLen'
  | 'dataType'
  | 'dataLen'
  | 'objType'
  | 'policy'
  | 'fields'
  | 'size'
  | 'timeout'
  | 'gcInterval'
>

const knownFlags = Object.values(NFT_SET).reduce((all, flag) => all | flag, 0)
const VALUE_LIMIT = 64 // NFT_DATA_VALUE_MAXLEN
const VERDICT_SIZE = 16 // sizeof(struct nft_verdict)

/** The checks of nf_tables_newset() that come before the table is looked up, in its order. */
export function describeSet(request: Request): Described {
  for (const type of [NFTA_SET.TABLE, NFTA_SET.NAME, NFTA_SET.KEY_LEN, NFTA_SET.ID]) {
    if (!request.has(type)) throw new Refusal(EINVAL)
  }
  const keyType = request.u32(NFTA_SET.KEY_TYPE) ?? 0
  const keyLen = request.u32(NFTA_SET.KEY_LEN)!
  if (isReserved(keyType) || keyLen === 0 || keyLen > VALUE_LIMIT) throw new Refusal(EINVAL)
  const flags = flagsOf(request)
  return {
    flags,
    keyType,
    keyLen,
    ...dataOf(request, flags),
    objType: objectTypeOf(request, flags),
    ...timesOf(request, flags),
    policy: request.u32(NFTA_SET.POLICY) ?? 0,
    ...descriptionOf(request, keyLen, flags),
  }
}

function isReserved(type: number): boolean {
  return type >>> 0 >= NFT_DATA_VERDICT // NFT_DATA_RESERVED_MASK
}

function flagsOf(request: Request): number {
  const flags = request.u32(NFTA_SET.FLAGS) ?? 0
  const { MAP, OBJECT, EVAL, ANONYMOUS, TIMEOUT, CONSTANT } = NFT_SET
  const has = (wanted: number): boolean => (flags & wanted) === wanted
  if ((flags & ~knownFlags) !== 0) throw new Refusal(EOPNOTSUPP)
  if (has(MAP | OBJECT) || has(EVAL | OBJECT)) throw new Refusal(EOPNOTSUPP)
  if (has(ANONYMOUS | TIMEOUT)) throw new Refusal(EOPNOTSUPP)
  if (has(CONSTANT | TIMEOUT)) throw new Refusal(EOPNOTSUPP)
  return flags
}

function dataOf(request: Request, flags: number): { dataType: number; dataLen: number } {
  const dataType = request.u32(NFTA_SET.DATA_TYPE)
  const isMap = (flags & NFT_SET.MAP) !== 0
  if (isMap !== (dataType !== undefined)) throw new Refusal(EINVAL)
  if (dataType === undefined) return { dataType: 0, dataLen: 0 }
  if (dataType === NFT_DATA_VERDICT) return { dataType, dataLen: VERDICT_SIZE }
  const dataLen = request.u32(NFTA_SET.DATA_LEN)
  if (isReserved(dataType) || !dataLen || dataLen > VALUE_LIMIT) throw new Refusal(EINVAL)
  return { dataType, dataLen }
}

const MOST_OBJECT_TYPES = 10 // NFT_OBJECT_MAX

function objectTypeOf(request: Request, flags: number): number {
  const type = request.u32(NFTA_SET.OBJ_TYPE)
  if ((type !== undefined) !== ((flags & NFT_SET.OBJECT) !== 0)) throw new Refusal(EINVAL)
  if (type === 0 || (type ?? 0) > MOST_OBJECT_TYPES) throw new Refusal(EOPNOTSUPP)
  return type ?? 0
}

const LONGEST = (1n << 64n) / 1_000_000n

function timesOf(request: Request, flags: number): { timeout: bigint; gcInterval: number } {
  const timeout = request.u64(NFTA_SET.TIMEOUT)
  const gcInterval = request.u32(NFTA_SET.GC_INTERVAL)
  const timed = (flags & NFT_SET.TIMEOUT) !== 0
  if (!timed && (timeout !== undefined || gcInterval !== undefined)) throw new Refusal(EINVAL)
  if ((timeout ?? 0n) >= LONGEST) throw new Refusal(ERANGE)
  return { timeout: timeout ?? 0n, gcInterval: gcInterval ?? 0 }
}

function descriptionOf(request: Request, keyLen: number, flags: number): { size: number; fields: number[] } {
  const description = request.nest(NFTA_SET.DESC)
  const size = description?.u32(NFTA_SET_DESC.SIZE) ?? 0
  const fields = (description?.list(NFTA_SET_DESC.CONCAT) ?? []).map((each) => {
    const length = inside(each).u32(NFTA_SET_FIELD.LEN)
    if (length === undefined || length === 0) throw new Refusal(EINVAL)
    return length
  })
  if (fields.length > 16) throw new Refusal(E2BIG) // NFT_REG32_COUNT
  const total = fields.reduce((sum, length) => sum + ((length + 3) & ~3), 0)
  if (fields.length > 0 && total !== keyLen) throw new Refusal(EINVAL)
  if (((flags & NFT_SET.CONCAT) !== 0) !== fields.length > 1) throw new Refusal(EINVAL)
  return { size, fields }
}
