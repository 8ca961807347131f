import { type Message, NLM_F_CREATE } from '../netlink/header.ts'
import { Subscription } from '../netlink/listen.ts'
import {
  NFNL_SUBSYS_CTNETLINK,
  NFNLGRP_CONNTRACK_DESTROY,
  NFNLGRP_CONNTRACK_NEW,
  NFNLGRP_CONNTRACK_UPDATE,
  nfMessage,
  nfSubsystem,
} from '../netlink/nfnetlink.ts'
import type { Transport } from '../netlink/transport.ts'
import type { Flow } from './flow.ts'
import { decodeFlow, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_NEW } from './messages.ts'

export type FlowEventType = 'new' | 'update' | 'destroy'

/**
 * What became of a flow: `update` carries what changed beside the tuples, `destroy` the last counters.
 * `lost`: events were dropped because nobody read them in time; what is known of the table has to be read again.
 */
export type ConntrackEvent = { readonly type: FlowEventType; readonly flow: Flow } | { readonly type: 'lost' }

export interface ConntrackEventOptions {
  /** Default: all three. */
  readonly types?: readonly FlowEventType[]
  /** Ends the iteration. */
  readonly signal?: AbortSignal
}

const GROUPS: Readonly<Record<FlowEventType, number>> = {
  new: NFNLGRP_CONNTRACK_NEW,
  update: NFNLGRP_CONNTRACK_UPDATE,
  destroy: NFNLGRP_CONNTRACK_DESTROY,
}

/** Subscribes a transport to events, from now on; owns it. */
export function conntrackEvents(
  transport: Transport,
  { types = ['new', 'update', 'destroy'], signal }: ConntrackEventOptions = {},
): Subscription<ConntrackEvent> {
  for (const type of types) transport.join(GROUPS[type])
  return new Subscription<ConntrackEvent>(transport, { decode: decodeEvent, lost: () => ({ type: 'lost' }), signal })
}

/** The event that a message reports; undefined when it is none. Throws Malformed. */
export function decodeEvent(message: Message): ConntrackEvent | undefined {
  const type = typeOf(message)
  return type === undefined ? undefined : { type, flow: decodeFlow(message.body) }
}

function typeOf(message: Message): FlowEventType | undefined {
  if (nfSubsystem(message.type) !== NFNL_SUBSYS_CTNETLINK) return undefined
  switch (nfMessage(message.type)) {
    case IPCTNL_MSG_CT_NEW:
      return (message.flags & NLM_F_CREATE) === 0 ? 'update' : 'new'
    case IPCTNL_MSG_CT_DELETE:
      return 'destroy'
    default:
      return undefined
  }
}
