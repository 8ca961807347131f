import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_REPLACE, type Writer } from '@sallyport/linux'
import type { Behaviour } from './behaviour.ts'
import type { Notice } from './journal.ts'
import { say, sayChain, sayElements, sayFlowtable, sayObject, sayRule, saySet, sayTable } from './say.ts'
import { NFT_MSG } from './uapi.ts'
import type { Rule, World } from './world.ts'

/** One message about a change, and whether the one who made it wants to hear of it (NLM_F_ECHO). */
export interface Event {
  readonly bytes: Uint8Array
  readonly echo: boolean
}

const messages: Readonly<Record<Notice['kind'], Readonly<Record<Notice['event'], number>>>> = {
  table: { new: NFT_MSG.NEWTABLE, delete: NFT_MSG.DELTABLE },
  chain: { new: NFT_MSG.NEWCHAIN, delete: NFT_MSG.DELCHAIN },
  rule: { new: NFT_MSG.NEWRULE, delete: NFT_MSG.DELRULE },
  set: { new: NFT_MSG.NEWSET, delete: NFT_MSG.DELSET },
  element: { new: NFT_MSG.NEWSETELEM, delete: NFT_MSG.DELSETELEM },
  object: { new: NFT_MSG.NEWOBJ, delete: NFT_MSG.DELOBJ },
  flowtable: { new: NFT_MSG.NEWFLOWTABLE, delete: NFT_MSG.DELFLOWTABLE },
}

const MOST_MERGED = 124 // NFT_MAX_SET_NELEMS

/** Elements of one set that come or go in a row are told with the flags of the first. */
export function mergeElements(notices: readonly Notice[]): Notice[] {
  let first: Notice | undefined
  let count = 0
  return notices.map((notice) => {
    const same = notice.kind === 'element' && first?.kind === 'element' && first.set === notice.set
    if (!same || first?.event !== notice.event || count === MOST_MERGED) {
      first = notice
      count = 0
    }
    count += 1
    return { ...notice, request: first.request }
  })
}

/** The event of a change, as of after the commit. */
export function eventOf(notice: Notice, world: World, behaviour: Behaviour, now: bigint): Event {
  const { request, kind, event } = notice
  const bytes = say(
    {
      message: messages[kind][event],
      flags: flagsOf(notice),
      sequence: kind === 'element' ? 0 : request.sequence, // as the kernel has it
      portId: request.portId,
      family: request.family,
      generation: world.generation,
    },
    (out) => write(out, notice, behaviour, now),
  )
  return { bytes, echo: request.is(NLM_F_ECHO) }
}

/** What was asked for, as far as it tells how the thing came. */
function flagsOf({ kind, request }: Notice): number {
  const kept = request.flags & (NLM_F_CREATE | NLM_F_EXCL)
  return kept | (kind === 'rule' && request.is(NLM_F_APPEND | NLM_F_REPLACE) ? NLM_F_APPEND : 0)
}

function write(out: Writer, notice: Notice, behaviour: Behaviour, now: bigint): void {
  const gone = notice.event === 'delete'
  switch (notice.kind) {
    case 'table':
      sayTable(out, notice.object, gone)
      break
    case 'chain':
      sayChain(out, notice.object, gone, notice.devices)
      break
    case 'rule':
      sayRule(out, notice.object, gone ? undefined : behind(notice.object))
      break
    case 'set':
      saySet(out, notice.object, gone, behaviour.countsElements)
      break
    case 'element':
      sayElements(out, notice.set, [notice.object], now)
      break
    case 'object':
      sayObject(out, notice.object, gone)
      break
    case 'flowtable':
      sayFlowtable(out, notice.object, gone, notice.devices)
      break
  }
}

/** Rules at either end of their chain need nobody to stand behind. */
function behind(rule: Rule): Rule | undefined {
  const { rules } = rule.chain
  const at = rules.indexOf(rule)
  return at > 0 && at < rules.length - 1 ? rules[at - 1] : undefined
}
