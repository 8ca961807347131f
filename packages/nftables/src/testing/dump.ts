import { EINVAL, ENOENT, NLM_F_APPEND, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_MULTI, type Writer } from '@sallyport/linux'
import { inside } from './attributes.ts'
import type { Behaviour } from './behaviour.ts'
import { parseElementKey } from './elementform.ts'
import { collect } from './elements.ts'
import { EAFNOSUPPORT } from './errno.ts'
import { putText, putU32 } from './fill.ts'
import { Refusal } from './refusal.ts'
import type { Request } from './request.ts'
import { resetElement, resetObject, resetRule } from './reset.ts'
import { type Cover, say, sayChain, sayElements, sayFlowtable, sayObject, sayRule, saySet, sayTable } from './say.ts'
import {
  NFT_MSG,
  NFT_SET_ELEM,
  NFTA_CHAIN,
  NFTA_FLOWTABLE,
  NFTA_GEN,
  NFTA_OBJ,
  NFTA_RULE,
  NFTA_SET,
  NFTA_SET_ELEM_LIST,
  NFTA_TABLE,
} from './uapi.ts'
import {
  type Chain,
  type Element,
  elementsOf,
  inOrder,
  type NamedSet,
  objectKey,
  type Table,
  type World,
} from './world.ts'

/** What answers to questions need to know. */
export interface Question {
  readonly world: World
  readonly request: Request
  readonly behaviour: Behaviour
  readonly now: bigint
  readonly process: { readonly pid: number; readonly name: string }
  /** The dump says of itself that the tables changed meanwhile. */
  readonly interrupted: boolean
}

/** The messages that answer a GET; throws Refusal. */
export function answer(question: Question): Uint8Array[] {
  const { message, flags } = question.request
  const found = answers[message]
  if (found === undefined) throw new Refusal(EINVAL)
  if ((flags & NLM_F_DUMP) !== 0 && found.dump !== undefined) return found.dump(question)
  return found.one(question)
}

interface Answers {
  one(question: Question): Uint8Array[]
  dump?(question: Question): Uint8Array[]
}

const answers: Readonly<Record<number, Answers>> = {
  [NFT_MSG.GETGEN]: { one: oneGeneration },
  [NFT_MSG.GETTABLE]: { one: oneTable, dump: dumpTables },
  [NFT_MSG.GETCHAIN]: { one: oneChain, dump: dumpChains },
  [NFT_MSG.GETRULE]: { one: oneRule, dump: dumpRules },
  [NFT_MSG.GETRULE_RESET]: { one: oneRule, dump: dumpRules },
  [NFT_MSG.GETSET]: { one: oneSet, dump: dumpSets },
  [NFT_MSG.GETSETELEM]: { one: someElements, dump: dumpElements },
  [NFT_MSG.GETSETELEM_RESET]: { one: someElements, dump: dumpElements },
  [NFT_MSG.GETOBJ]: { one: oneObject, dump: dumpObjects },
  [NFT_MSG.GETOBJ_RESET]: { one: oneObject, dump: dumpObjects },
  [NFT_MSG.GETFLOWTABLE]: { one: oneFlowtable, dump: dumpFlowtables },
}

function cover({ world, request }: Question, message: number, family: number, flags = 0): Cover {
  const { sequence, portId } = request
  return { message, flags, sequence, portId, family, generation: world.generation }
}

/** One message of a dump. */
function part(question: Question, message: number, table: Table, write: (out: Writer) => void, more = 0): Uint8Array {
  const flags = NLM_F_MULTI | more | (question.interrupted ? NLM_F_DUMP_INTR : 0)
  return say(cover(question, message, table.family, flags), write)
}

function single(question: Question, message: number, write: (out: Writer) => void): Uint8Array[] {
  return [say(cover(question, message, question.request.family), write)]
}

/** The table that is named; unlike changes, questions do not mind whose it is. */
function tableNamed({ world, request }: Question, type: number): Table {
  const name = request.text(type)
  if (name === undefined) throw new Refusal(EINVAL)
  const table = world.tables.find((each) => each.name === name && each.family === request.family)
  if (table === undefined) throw request.refusal(ENOENT, type)
  return table
}

function named<T>(request: Request, type: number, map: ReadonlyMap<string, T>): T {
  const name = request.text(type)
  if (name === undefined) throw request.refusal(EINVAL, type)
  const found = map.get(name)
  if (found === undefined) throw request.refusal(ENOENT, type)
  return found
}

/** Tables of the family that is asked for, and of the name when `type` is there. */
function tablesMeant({ world, request }: Question, type?: number): Table[] {
  const name = type === undefined ? undefined : request.text(type)
  return world.tables.filter(
    (table) => (request.family === 0 || table.family === request.family) && (name === undefined || table.name === name),
  )
}

function oneGeneration(question: Question): Uint8Array[] {
  return [say(cover(question, NFT_MSG.NEWGEN, 0), (out) => sayGeneration(out, question.world, question.process))]
}

export function sayGeneration(out: Writer, { generation }: World, process: Question['process']): void {
  putU32(out, NFTA_GEN.ID, generation)
  putU32(out, NFTA_GEN.PROC_PID, process.pid)
  putText(out, NFTA_GEN.PROC_NAME, process.name)
}

function oneTable(question: Question): Uint8Array[] {
  return single(question, NFT_MSG.NEWTABLE, (out) => sayTable(out, tableNamed(question, NFTA_TABLE.NAME)))
}

function dumpTables(question: Question): Uint8Array[] {
  return tablesMeant(question).map((table) => part(question, NFT_MSG.NEWTABLE, table, (out) => sayTable(out, table)))
}

function oneChain(question: Question): Uint8Array[] {
  const chain = named(question.request, NFTA_CHAIN.NAME, tableNamed(question, NFTA_CHAIN.TABLE).chains)
  return single(question, NFT_MSG.NEWCHAIN, (out) => sayChain(out, chain))
}

/** Of all tables, also when one is named. */
function dumpChains(question: Question): Uint8Array[] {
  return tablesMeant(question).flatMap((table) =>
    inOrder(table.chains).map((chain) => part(question, NFT_MSG.NEWCHAIN, table, (out) => sayChain(out, chain))),
  )
}

function oneRule(question: Question): Uint8Array[] {
  const { request } = question
  const chain = named(request, NFTA_RULE.CHAIN, tableNamed(question, NFTA_RULE.TABLE).chains)
  const handle = request.u64(NFTA_RULE.HANDLE)
  if (handle === undefined) throw request.refusal(EINVAL, NFTA_RULE.HANDLE)
  const rule = chain.rules.find((each) => each.handle === handle)
  if (rule === undefined) throw request.refusal(ENOENT, NFTA_RULE.HANDLE)
  const said = single(question, NFT_MSG.NEWRULE, (out) => sayRule(out, rule))
  if (request.message === NFT_MSG.GETRULE_RESET) resetRule(rule)
  return said
}

function dumpRules(question: Question): Uint8Array[] {
  const chain = question.request.text(NFTA_RULE.CHAIN)
  return tablesMeant(question, NFTA_RULE.TABLE).flatMap((table) =>
    inOrder(table.chains)
      .filter((each) => chain === undefined || !question.request.has(NFTA_RULE.TABLE) || each.name === chain)
      .flatMap((each) => dumpChain(question, each)),
  )
}

function dumpChain(question: Question, { table, rules }: Chain): Uint8Array[] {
  return rules.map((rule, index) => {
    const write = (out: Writer): void => sayRule(out, rule, rules[index - 1])
    const said = part(question, NFT_MSG.NEWRULE, table, write, NLM_F_APPEND)
    if (question.request.message === NFT_MSG.GETRULE_RESET) resetRule(rule)
    return said
  })
}

function oneSet(question: Question): Uint8Array[] {
  if (question.request.family === 0) throw new Refusal(EAFNOSUPPORT)
  const set = named(question.request, NFTA_SET.NAME, tableNamed(question, NFTA_SET.TABLE).sets)
  return single(question, NFT_MSG.NEWSET, (out) => saySet(out, set, false, question.behaviour.countsElements))
}

function dumpSets(question: Question): Uint8Array[] {
  if (question.request.has(NFTA_SET.TABLE)) tableNamed(question, NFTA_SET.TABLE)
  const { countsElements } = question.behaviour
  return tablesMeant(question, NFTA_SET.TABLE).flatMap((table) =>
    inOrder(table.sets).map((set) =>
      part(question, NFT_MSG.NEWSET, table, (out) => saySet(out, set, false, countsElements)),
    ),
  )
}

function setMeant(question: Question): NamedSet {
  const table = tableNamed(question, NFTA_SET_ELEM_LIST.TABLE)
  const set = named(question.request, NFTA_SET_ELEM_LIST.SET, table.sets)
  collect(set, question.now)
  return set
}

/** Each element that the message has the key of. */
function someElements(question: Question): Uint8Array[] {
  const { request } = question
  const set = setMeant(question)
  const list = request.list(NFTA_SET_ELEM_LIST.ELEMENTS)
  if (list === undefined) throw new Refusal(EINVAL)
  return list.flatMap((located) => {
    const wanted = parseElementKey(set, inside(located))
    const element = (wanted.flags & NFT_SET_ELEM.CATCHALL) === 0 ? set.store.find(wanted) : set.catchAll
    if (element === undefined) throw new Refusal(ENOENT, located.offset)
    return single(question, NFT_MSG.NEWSETELEM, (out) => tellElements(question, out, set, [element]))
  })
}

function tellElements(question: Question, out: Writer, set: NamedSet, elements: readonly Element[]): void {
  sayElements(out, set, elements, question.now)
  if (question.request.message === NFT_MSG.GETSETELEM_RESET) elements.forEach(resetElement)
}

/** The kernel fills a page or so with each message; elements have less than 300 bytes mostly. */
const ELEMENTS_AT_ONCE = 50

function dumpElements(question: Question): Uint8Array[] {
  const set = setMeant(question)
  const elements = [...elementsOf(set)]
  const messages: Uint8Array[] = []
  for (let at = 0; at < elements.length; at += ELEMENTS_AT_ONCE) {
    const some = elements.slice(at, at + ELEMENTS_AT_ONCE)
    messages.push(part(question, NFT_MSG.NEWSETELEM, set.table, (out) => tellElements(question, out, set, some)))
  }
  return messages
}

function oneObject(question: Question): Uint8Array[] {
  const { request } = question
  const name = request.text(NFTA_OBJ.NAME)
  const type = request.u32(NFTA_OBJ.TYPE)
  if (name === undefined || type === undefined) throw new Refusal(EINVAL)
  const object = tableNamed(question, NFTA_OBJ.TABLE).objects.get(objectKey(type, name))
  if (object === undefined) throw request.refusal(ENOENT, NFTA_OBJ.NAME)
  const said = single(question, NFT_MSG.NEWOBJ, (out) => sayObject(out, object))
  if (request.message === NFT_MSG.GETOBJ_RESET) resetObject(object)
  return said
}

function dumpObjects(question: Question): Uint8Array[] {
  const type = question.request.u32(NFTA_OBJ.TYPE) ?? 0
  return tablesMeant(question, NFTA_OBJ.TABLE).flatMap((table) =>
    inOrder(table.objects)
      .filter((object) => type === 0 || object.type === type)
      .map((object) => {
        const said = part(question, NFT_MSG.NEWOBJ, table, (out) => sayObject(out, object), NLM_F_APPEND)
        if (question.request.message === NFT_MSG.GETOBJ_RESET) resetObject(object)
        return said
      }),
  )
}

function oneFlowtable(question: Question): Uint8Array[] {
  const flowtable = named(question.request, NFTA_FLOWTABLE.NAME, tableNamed(question, NFTA_FLOWTABLE.TABLE).flowtables)
  return single(question, NFT_MSG.NEWFLOWTABLE, (out) => sayFlowtable(out, flowtable, false))
}

function dumpFlowtables(question: Question): Uint8Array[] {
  return tablesMeant(question, NFTA_FLOWTABLE.TABLE).flatMap((table) =>
    inOrder(table.flowtables).map((each) =>
      part(question, NFT_MSG.NEWFLOWTABLE, table, (out) => sayFlowtable(out, each, false), NLM_F_APPEND),
    ),
  )
}
