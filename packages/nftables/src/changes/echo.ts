import { type Codec, type Message, u64be } from '@sallyport/linux'
import type { Family } from '../expr/index.ts'
import { nfMessage, nlmsgType } from '../messages/header.ts'

/** Of a rule only what the kernel calls it: its expressions are as we know them. */
const named: Codec<{ family: Family; handle?: bigint }> = nfMessage('rule', { handle: [3, u64be, 'NFTA_RULE_HANDLE'] })

/** The handle that the echo of a new rule tells. A replaced rule is echoed too, as deleted. */
export function handleOf(message: Message): bigint | undefined {
  return message.type === nlmsgType('newrule') ? named.decode(message.body).handle : undefined
}
