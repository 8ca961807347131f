import {
  EINVAL,
  ERESTART,
  type Message,
  NFGENMSG_LENGTH,
  NFNL_SUBSYS_NFTABLES,
  NLM_F_ACK,
  NLM_F_REQUEST,
  NLMSG_HDRLEN,
} from '@sallyport/linux'
import { Attributes } from './attributes.ts'
import type { Behaviour } from './behaviour.ts'
import { deleteChain, newChain } from './chains.ts'
import { deleteElements, newElements } from './elements.ts'
import { type Event, eventOf, mergeElements } from './events.ts'
import { deleteFlowtable, newFlowtable } from './flowtables.ts'
import { Journal } from './journal.ts'
import { deleteObject, newObject } from './objects.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { Request } from './request.ts'
import { deleteRule, newRule } from './rules.ts'
import { deleteSet, newSet } from './sets.ts'
import { deleteTable, newTable } from './tables.ts'
import type { Turn } from './turn.ts'
import { NFT_MSG } from './uapi.ts'
import { validateTable } from './validate.ts'
import type { World } from './world.ts'

export const NFNL_MSG_BATCH_BEGIN = 0x10
export const NFNL_MSG_BATCH_END = 0x11
const NFNL_BATCH_GENID = 1

/** The kernel's word on one message of a batch; errno 0 is an acknowledgement. */
export interface Answer {
  readonly about: Message
  readonly errno: number
  readonly offset?: number | undefined
}

export interface Outcome {
  readonly answers: readonly Answer[]
  /** What was changed; undefined: nothing, and there is no new generation. */
  readonly events?: readonly Event[]
}

const handlers: Readonly<Record<number, (turn: Turn) => void>> = {
  [NFT_MSG.NEWTABLE]: newTable,
  [NFT_MSG.DELTABLE]: deleteTable,
  [NFT_MSG.DESTROYTABLE]: deleteTable,
  [NFT_MSG.NEWCHAIN]: newChain,
  [NFT_MSG.DELCHAIN]: deleteChain,
  [NFT_MSG.DESTROYCHAIN]: deleteChain,
  [NFT_MSG.NEWRULE]: newRule,
  [NFT_MSG.DELRULE]: deleteRule,
  [NFT_MSG.DESTROYRULE]: deleteRule,
  [NFT_MSG.NEWSET]: newSet,
  [NFT_MSG.DELSET]: deleteSet,
  [NFT_MSG.DESTROYSET]: deleteSet,
  [NFT_MSG.NEWSETELEM]: newElements,
  [NFT_MSG.DELSETELEM]: deleteElements,
  [NFT_MSG.DESTROYSETELEM]: deleteElements,
  [NFT_MSG.NEWOBJ]: newObject,
  [NFT_MSG.DELOBJ]: deleteObject,
  [NFT_MSG.DESTROYOBJ]: deleteObject,
  [NFT_MSG.NEWFLOWTABLE]: newFlowtable,
  [NFT_MSG.DELFLOWTABLE]: deleteFlowtable,
  [NFT_MSG.DESTROYFLOWTABLE]: deleteFlowtable,
}

/** One batch: all of it or nothing, as nfnetlink_rcv_batch() has it. */
export class BatchRun {
  readonly #world: World
  readonly #behaviour: Behaviour
  readonly #now: bigint
  readonly #portId: number

  constructor(world: World, behaviour: Behaviour, now: bigint, portId: number) {
    this.#world = world
    this.#behaviour = behaviour
    this.#now = now
    this.#portId = portId
  }

  run(messages: readonly Message[]): Outcome {
    const begin = messages[0]!
    const refused = this.#refusedWhole(begin)
    if (refused !== undefined) return { answers: [{ about: begin, errno: refused }] }
    const first = this.#pass(messages, 'skip')
    if (!first.loops) return first.outcome
    return this.#pass(messages, 'do').outcome // again, to find who makes the jumps too deep
  }

  /** nf_tables only, and only at the generation that was named. */
  #refusedWhole({ body }: Message): number | undefined {
    if (body.length < NFGENMSG_LENGTH || ((body[2]! << 8) | body[3]!) !== NFNL_SUBSYS_NFTABLES) return EINVAL
    try {
      const attributes = new Attributes(body.subarray(NFGENMSG_LENGTH), NLMSG_HDRLEN + NFGENMSG_LENGTH)
      const generation = attributes.u32(NFNL_BATCH_GENID) ?? 0
      return generation !== 0 && generation !== this.#world.generation ? ERESTART : undefined
    } catch (error) {
      return refusalOf(error).errno
    }
  }

  #pass(messages: readonly Message[], validation: Journal['validation']): { outcome: Outcome; loops: boolean } {
    const journal = new Journal()
    journal.validation = validation
    const { answers, end } = this.#handleAll(messages, journal)
    const failed = answers.some(({ errno }) => errno !== 0)
    if (failed || end === undefined) {
      journal.rollback()
      return { outcome: { answers }, loops: false }
    }
    if (journal.notices.length === 0) return { outcome: { answers: [...answers, ...this.#frame(end)] }, loops: false }
    if (journal.unbound.size > 0) {
      journal.rollback()
      return { outcome: { answers: [{ about: messages[1]!, errno: EINVAL }, ...answers] }, loops: false }
    }
    if (journal.validation === 'need' && !this.#isValid()) {
      journal.rollback()
      return { outcome: { answers }, loops: true }
    }
    return { outcome: { answers: [...answers, ...this.#frame(end)], events: this.#commit(journal) }, loops: false }
  }

  #handleAll(messages: readonly Message[], journal: Journal): { answers: Answer[]; end: Message | undefined } {
    const answers: Answer[] = this.#frame(messages[0]!)
    for (const message of messages.slice(1)) {
      if (message.type === NFNL_MSG_BATCH_END) return { answers, end: message }
      if (message.type === NFNL_MSG_BATCH_BEGIN) return { answers: [], end: undefined }
      const refusal = this.#handle(message, journal)
      if (refusal !== undefined) answers.push({ about: message, errno: refusal.errno, offset: refusal.offset })
      else if ((message.flags & NLM_F_ACK) !== 0) answers.push({ about: message, errno: 0 })
    }
    return { answers, end: undefined }
  }

  #handle(message: Message, journal: Journal): Refusal | undefined {
    try {
      if ((message.flags & NLM_F_REQUEST) === 0 || message.body.length < NFGENMSG_LENGTH) throw new Refusal(EINVAL)
      const request = new Request(message, this.#portId)
      const handler = handlers[request.message]
      const unknown = request.message >= NFT_MSG.DESTROYTABLE && !this.#behaviour.destroy
      if (request.subsystem !== NFNL_SUBSYS_NFTABLES || handler === undefined || unknown) throw new Refusal(EINVAL)
      handler({ world: this.#world, journal, behaviour: this.#behaviour, request, now: this.#now })
      return undefined
    } catch (error) {
      return refusalOf(error)
    }
  }

  /** Acknowledgements of what frames the batch. */
  #frame(message: Message): Answer[] {
    const wanted = this.#behaviour.acknowledgesFrame && (message.flags & NLM_F_ACK) !== 0
    return wanted ? [{ about: message, errno: 0 }] : []
  }

  #isValid(): boolean {
    try {
      for (const table of this.#world.tables) validateTable(table)
      return true
    } catch (error) {
      if (error instanceof Refusal) return false
      throw error
    }
  }

  #commit(journal: Journal): Event[] {
    const world = this.#world
    world.generation = world.generation === 0xffffffff ? 1 : world.generation + 1
    journal.finish()
    const notices = this.#behaviour.mergesElements ? mergeElements(journal.notices) : journal.notices
    return notices.map((notice) => {
      notice.apply?.()
      return eventOf(notice, world, this.#behaviour, this.#now)
    })
  }
}
