import { EINVAL, ENOENT, EOPNOTSUPP } from '@sallyport/linux'
import type { Attributes } from './attributes.ts'
import { E2BIG, ERANGE } from './errno.ts'
import { type Context, carriedBy, type Expr } from './expressions.ts'
import { Refusal } from './refusal.ts'
import { NFT_DATA_VERDICT, NFT_SET, NFT_SET_ELEM, NFTA_DATA, NFTA_SET_ELEM } from './uapi.ts'
import { readData } from './verdict.ts'
import { type Element, type ElementData, type NamedSet, objectKey, type StatefulObject } from './world.ts'

/** What a message says of an element. */
export interface ElementMessage {
  readonly element: Element
  /** Milliseconds that it has left; 0: it was not said. */
  readonly expiration: bigint
}

/** What an element is found by: its key, and whether it is the end of an interval. */
export function parseElementKey(set: NamedSet, given: Attributes): Pick<Element, 'key' | 'keyEnd' | 'flags'> {
  const flags = given.u32(NFTA_SET_ELEM.FLAGS) ?? 0
  const end = (flags & NFT_SET_ELEM.INTERVAL_END) !== 0
  const catchAll = (flags & NFT_SET_ELEM.CATCHALL) !== 0
  if ((flags & ~(NFT_SET_ELEM.INTERVAL_END | NFT_SET_ELEM.CATCHALL)) !== 0) throw new Refusal(EOPNOTSUPP)
  if (end && ((set.flags & NFT_SET.INTERVAL) === 0 || catchAll)) throw new Refusal(EINVAL)
  if (catchAll === given.has(NFTA_SET_ELEM.KEY)) throw new Refusal(EINVAL)
  return { flags, key: keyOf(set, given, NFTA_SET_ELEM.KEY), keyEnd: keyOf(set, given, NFTA_SET_ELEM.KEY_END) }
}

function keyOf({ keyLen }: NamedSet, given: Attributes, type: number): Uint8Array | undefined {
  if (!given.has(type)) return undefined
  const key = given.nest(type)!.bytes(NFTA_DATA.VALUE)
  if (key === undefined || key.length !== keyLen) throw new Refusal(EINVAL)
  return key
}

/** nft_add_set_elem(), up to where it is put into the set. Counts what it refers to. */
export function parseElement(context: Context, set: NamedSet, given: Attributes, now: bigint): ElementMessage {
  const key = parseElementKey(set, given)
  checkParts(set, given, (key.flags & NFT_SET_ELEM.INTERVAL_END) !== 0)
  const timeout = given.u64(NFTA_SET_ELEM.TIMEOUT) ?? set.timeout
  const expiration = given.u64(NFTA_SET_ELEM.EXPIRATION) ?? 0n
  if (timeout >= LONGEST || expiration >= LONGEST) throw new Refusal(ERANGE)
  if (expiration > timeout && timeout > 0n) throw new Refusal(ERANGE)
  const expressions = expressionsOf(context, set, given)
  const object = objectOf(context, set, given)
  const data = dataOf(context, set, given)
  const userdata = given.bytes(NFTA_SET_ELEM.USERDATA)
  const lives = expiration === 0n ? timeout : expiration
  const element: Element = {
    ...key,
    data,
    object,
    userdata: userdata?.length ? userdata : undefined,
    expressions,
    timeout,
    expires: timeout === 0n ? 0n : now + lives,
  }
  return { element, expiration }
}

const LONGEST = (1n << 64n) / 1_000_000n

/** Which attributes may and have to be there. */
function checkParts(set: NamedSet, given: Attributes, end: boolean): void {
  const { DATA, OBJREF, TIMEOUT, EXPIRATION, USERDATA, EXPR, EXPRESSIONS, KEY_END } = NFTA_SET_ELEM
  const isMap = (set.flags & NFT_SET.MAP) !== 0
  const isObjectMap = (set.flags & NFT_SET.OBJECT) !== 0
  if (isMap ? !given.has(DATA) && !end : given.has(DATA)) throw new Refusal(EINVAL)
  if (isObjectMap ? !given.has(OBJREF) && !end : given.has(OBJREF)) throw new Refusal(EINVAL)
  const ofStarts = [DATA, OBJREF, TIMEOUT, EXPIRATION, USERDATA, EXPR, EXPRESSIONS]
  if (end && ofStarts.some((type) => given.has(type))) throw new Refusal(EINVAL)
  if (given.has(KEY_END) && set.backend !== 'pipapo') throw new Refusal(EINVAL)
  const timed = (set.flags & NFT_SET.TIMEOUT) !== 0
  if (!timed && (given.has(TIMEOUT) || given.has(EXPIRATION))) throw new Refusal(EINVAL)
}

/** Its own, or those of the set; both have to be of the same kinds. */
function expressionsOf(context: Context, set: NamedSet, given: Attributes): readonly Expr[] {
  const { EXPR, EXPRESSIONS, FLAGS } = NFTA_SET_ELEM
  const end = ((given.u32(FLAGS) ?? 0) & NFT_SET_ELEM.INTERVAL_END) !== 0
  if (!given.has(EXPR) && !given.has(EXPRESSIONS)) return end ? [] : set.expressions
  const own = carriedBy(context, given, EXPR, EXPRESSIONS, set)
  const wanted = set.expressions.length
  if (own.length > (wanted === 0 ? 2 : wanted)) throw new Refusal(wanted === 1 && given.has(EXPR) ? EOPNOTSUPP : E2BIG)
  if (wanted > 0 && own.map(({ name }) => name).join() !== set.expressions.map(({ name }) => name).join()) {
    throw new Refusal(EOPNOTSUPP)
  }
  return own
}

function objectOf({ table, journal }: Context, set: NamedSet, given: Attributes): StatefulObject | undefined {
  const name = given.text(NFTA_SET_ELEM.OBJREF)
  if (name === undefined) return undefined
  const object = table.objects.get(objectKey(set.objType, name))
  if (object === undefined) throw new Refusal(ENOENT)
  journal.count(object, 1)
  return object
}

function dataOf(context: Context, set: NamedSet, given: Attributes): ElementData | undefined {
  const located = given.at(NFTA_SET_ELEM.DATA)
  if (located === undefined) return undefined
  const data = readData(context, located, true)
  const isVerdict = set.dataType === NFT_DATA_VERDICT
  if ('verdict' in data !== isVerdict) throw new Refusal(EINVAL)
  if ('value' in data && data.value.length !== set.dataLen) throw new Refusal(EINVAL)
  return data
}
