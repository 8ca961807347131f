import { type Codec, type Connection, text, u64be } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import { nfMessage } from '../messages/header.ts'
import {
  elementsMessage,
  type KernelElement,
  type KernelObject,
  type KernelRule,
  type MessageName,
  nlmsgType,
  type ObjectRef,
  objectMessage,
  objectRefMessage,
  ruleMessage,
  type WrittenElements,
} from '../messages/index.ts'

// Counters, quotas and the like are read and set to zero in one step, so that nothing is counted twice or not at all.
// The values returned are those from before. That is no change of the ruleset: it makes no generation.

/** Rules: all, those of a table, of a chain, or one. */
export interface RuleFilter {
  readonly family: Family
  readonly table: string
  readonly chain?: string | undefined
  readonly handle?: bigint | undefined
}

const ruleFilter: Codec<RuleFilter> = nfMessage('filter', {
  table: [1, text, 'NFTA_RULE_TABLE'],
  chain: [2, text, 'NFTA_RULE_CHAIN'],
  handle: [3, u64be, 'NFTA_RULE_HANDLE'],
})

/** One object: counter, quota. NetlinkError ENOENT if it is not there. */
export function resetObject(connection: Connection, ref: ObjectRef): KernelObject {
  const [object] = ask(connection, 'getobj_reset', objectRefMessage.encode(ref), objectMessage, false)
  return object!
}

/** The counters, quotas and limits in rules. One rule needs its chain and handle. Linux 6.2. */
export function resetRules(connection: Connection, { family, table, chain, handle }: RuleFilter): KernelRule[] {
  const of = { family, table, ...(chain !== undefined && { chain }), ...(handle !== undefined && { handle }) }
  return ask(connection, 'getrule_reset', ruleFilter.encode(of), ruleMessage, handle === undefined)
}

/** What the elements of a set count, and their timeouts; `elements` with keys for some of them only. Linux 6.5. */
export function resetElements(
  connection: Connection,
  { family, table, set, elements }: WrittenElements,
): KernelElement[] {
  const body = elementsMessage.encode({ family, table, set, elements: [...elements] })
  const all = elements.length === 0
  return ask(connection, 'getsetelem_reset', body, elementsMessage, all).flatMap(({ elements }) => [...elements])
}

function ask<T>(connection: Connection, name: MessageName, body: Uint8Array, codec: Codec<T>, all: boolean): T[] {
  const request = { operation: name, type: nlmsgType(name), body, pathAt: codec.pathAt }
  const messages = all ? connection.dump(request) : connection.request(request)
  return messages.map((message) => codec.decode(message.body))
}
