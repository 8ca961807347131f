import { NLM_F_APPEND, NLM_F_CREATE, NLM_F_ECHO, NLM_F_EXCL, NLM_F_NONREC, NLM_F_REPLACE } from '@sallyport/linux'
import fc from 'fast-check'
import type { Expression, Family } from '../../src/expr/index.ts'
import {
  chainMessage,
  elementsMessage,
  flowtableMessage,
  type KernelChain,
  type KernelElement,
  type KernelSet,
  type MessageName,
  objectMessage,
  objectRefMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../../src/messages/index.ts'
import type { Op } from './twin.ts'

// Random changes of a small world: few names, so that they meet.

const show = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    each instanceof Uint8Array ? Buffer.from(each).toString('hex') : typeof each === 'bigint' ? `${each}n` : each,
  )

export function op(name: MessageName, flags: number, codec: { encode(value: never): Uint8Array }, value: unknown): Op {
  return { name, flags, body: codec.encode(value as never), says: `${name} ${flags.toString(16)} ${show(value)}` }
}

interface Place {
  readonly family: Family
  readonly table: string
}

const place: fc.Arbitrary<Place> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Place>({ family: 'inet', table: 't' }) },
  { weight: 2, arbitrary: fc.constant<Place>({ family: 'ip', table: 't' }) },
  { weight: 1, arbitrary: fc.constant<Place>({ family: 'inet', table: 'missing' }) },
)
const echo = fc.constantFrom(0, 0, 0, NLM_F_ECHO)
const create = fc.oneof(
  { weight: 12, arbitrary: fc.constant(NLM_F_CREATE) },
  { weight: 2, arbitrary: fc.constant(NLM_F_CREATE | NLM_F_EXCL) },
  { weight: 1, arbitrary: fc.constant(NLM_F_REPLACE) },
)
const removal = fc.constantFrom(0, 0, 0, NLM_F_NONREC)
const handle = fc.bigInt({ min: 1n, max: 24n })
const chainName = fc.constantFrom('a', 'b', 'c', 'base')
const key = fc.integer({ min: 0, max: 9 }).map((last) => Uint8Array.of(10, 0, 0, last))

const tables: fc.Arbitrary<Op> = fc.oneof(
  fc
    .tuple(place, create, echo, fc.constantFrom(undefined, [], ['dormant'], ['persist'], ['bit 9']))
    .map(([{ family, table }, flags, echoed, state]) =>
      op('newtable', flags | echoed, tableMessage, { family, name: table, ...(state && { flags: state }) }),
    ),
  fc
    .tuple(place, removal, fc.constantFrom<MessageName>('deltable', 'destroytable'))
    .map(([{ family, table }, flags, name]) => op(name, flags, tableMessage, { family, name: table })),
)

const hook: fc.Arbitrary<Partial<KernelChain>> = fc.constantFrom<Partial<KernelChain>>(
  { type: 'filter', hook: { hook: 'input', priority: 0 } },
  { type: 'filter', hook: { hook: 'input', priority: 0 }, policy: 'drop' },
  { type: 'filter', hook: { hook: 'forward', priority: 0 } },
  { type: 'nat', hook: { hook: 'postrouting', priority: 100 } },
  { type: 'nat', hook: { hook: 'forward', priority: 0 } },
  { type: 'nat', hook: { hook: 'prerouting', priority: -300 } },
  { type: 'route', hook: { hook: 'output', priority: 0 } },
  { policy: 'drop' },
)

const chains: fc.Arbitrary<Op> = fc.oneof(
  fc
    .tuple(place, create, echo, chainName)
    .map(([at, flags, echoed, name]) => op('newchain', flags | echoed, chainMessage, { ...at, name })),
  fc
    .tuple(place, create, echo, hook)
    .map(([at, flags, echoed, base]) => op('newchain', flags | echoed, chainMessage, { ...at, name: 'base', ...base })),
  fc
    .tuple(place, handle, chainName)
    .map(([at, number, name]) => op('newchain', 0, chainMessage, { ...at, name, handle: number })),
  fc
    .tuple(place, fc.constantFrom('new', 'a'), handle)
    .map(([at, name, number]) => op('newchain', 0, chainMessage, { ...at, name, handle: number })),
  fc
    .tuple(place, removal, chainName, fc.constantFrom<MessageName>('delchain', 'destroychain'))
    .map(([at, flags, name, message]) => op(message, flags, chainMessage, { ...at, name })),
  fc.tuple(place, handle).map(([at, number]) => op('delchain', 0, chainMessage, { ...at, handle: number })),
)

const jump = (code: 'jump' | 'goto', chain: string): Expression => ({
  expr: 'immediate',
  dreg: 0,
  data: { verdict: { code, chain } },
})
const saddr: Expression = { expr: 'payload', dreg: 1, base: 'network', offset: 12, len: 4 }

const expressions: fc.Arbitrary<Expression[]> = fc.oneof<fc.Arbitrary<Expression[]>[]>(
  fc.constant([]),
  fc.constant([{ expr: 'counter' }]),
  fc.constant([{ expr: 'immediate', dreg: 0, data: { verdict: { code: 'drop' } } }]),
  chainName.map((name) => [jump('jump', name)]),
  chainName.map((name) => [jump('jump', name)]),
  fc.constantFrom('a', 'b').map((name) => [jump('jump', name)]),
  chainName.map((name) => [{ expr: 'counter' }, jump('goto', name)]),
  fc.constantFrom('hosts', 'nets', 'seen', 'missing').map((set) => [saddr, { expr: 'lookup', set, sreg: 1 }]),
  fc.constantFrom('verdicts', 'hosts').map((set) => [saddr, { expr: 'lookup', set, sreg: 1, dreg: 0 }]),
  fc.constantFrom('marks', 'verdicts').map((set) => [saddr, { expr: 'lookup', set, sreg: 1, dreg: 1 }]),
  fc
    .tuple(fc.constantFrom('seen', 'hosts', 'nets', 'marks'), fc.constantFrom('add', 'update', 'delete'))
    .map(([setName, kind]) => [saddr, { expr: 'dynset', setName, op: kind as 'add', sregKey: 1 }]),
  fc.constantFrom('hits', 'limit', 'missing').map((immName) => [{ expr: 'objref', immType: 'counter', immName }]),
  fc.constant([saddr, { expr: 'objref', setSreg: 1, setName: 'counters' }]),
  fc.constant([{ expr: 'masq' }]),
  fc.constant([{ expr: 'reject', type: 'icmpx_unreach', icmpCode: 1 }]),
  fc.constant([{ expr: 'unknown', name: 'nonsense' }]),
  fc.constant([{ expr: 'limit', rate: 5n, unit: 1n }]),
)

const rules: fc.Arbitrary<Op> = fc.oneof(
  fc
    .tuple(place, fc.constantFrom(NLM_F_CREATE, NLM_F_CREATE | NLM_F_APPEND), echo, chainName, expressions)
    .map(([at, flags, echoed, chain, list]) =>
      op('newrule', flags | echoed, ruleMessage, { ...at, chain, expressions: list }),
    ),
  fc
    .tuple(place, fc.constantFrom(NLM_F_CREATE, NLM_F_CREATE | NLM_F_APPEND), chainName, expressions, handle)
    .map(([at, flags, chain, list, position]) =>
      op('newrule', flags, ruleMessage, { ...at, chain, expressions: list, position }),
    ),
  fc
    .tuple(
      place,
      fc.constantFrom(NLM_F_CREATE | NLM_F_APPEND, NLM_F_CREATE),
      chainName,
      expressions,
      fc.nat(3),
      fc.nat(3),
    )
    .map(([at, flags, chain, list, id, positionId]) =>
      op('newrule', flags, ruleMessage, { ...at, chain, expressions: list, id, ...(positionId > 0 && { positionId }) }),
    ),
  fc
    .tuple(place, fc.constantFrom(NLM_F_REPLACE, NLM_F_REPLACE, NLM_F_CREATE, NLM_F_CREATE | NLM_F_EXCL), chainName)
    .chain(([at, flags, chain]) =>
      fc
        .tuple(expressions, handle)
        .map(([list, number]) =>
          op('newrule', flags, ruleMessage, { ...at, chain, expressions: list, handle: number }),
        ),
    ),
  fc
    .tuple(
      place,
      chainName,
      fc.constantFrom<MessageName>('delrule', 'destroyrule'),
      fc.option(handle, { nil: undefined }),
    )
    .map(([at, chain, message, number]) =>
      op(message, 0, ruleMessage, { ...at, chain, expressions: [], ...(number !== undefined && { handle: number }) }),
    ),
  fc.tuple(place, chainName, fc.nat(3)).map(([at, chain, id]) => op('delrule', 0, ruleMessage, { ...at, chain, id })),
  fc.tuple(place, echo).map(([{ family, table }, echoed]) => op('delrule', echoed, ruleMessage, { family, table })),
)

type SetForm = Omit<KernelSet, 'family' | 'table'>
const ipv4 = { keyType: 7, keyLen: 4 }
const verdict = { dataType: 0xffffff00, dataLen: 0 }

/** One of each kind; a second form of some, which is another set. */
const setForms: readonly SetForm[] = [
  { name: 'hosts', flags: [], ...ipv4 },
  { name: 'hosts', flags: [], ...ipv4, size: 3 },
  { name: 'nets', flags: ['interval'], ...ipv4, size: 2 },
  { name: 'hosts', flags: ['interval'], ...ipv4 },
  { name: 'nets', flags: ['interval'], ...ipv4 },
  { name: 'seen', flags: ['timeout', 'eval'], ...ipv4, size: 4, timeout: 3_600_000n },
  { name: 'seen', flags: ['timeout', 'eval'], ...ipv4, size: 5, timeout: 7_200_000n },
  { name: 'verdicts', flags: ['map'], ...ipv4, ...verdict },
  { name: 'marks', flags: ['map'], ...ipv4, dataType: 19, dataLen: 4 },
  { name: 'counters', flags: ['object'], ...ipv4, objType: 'counter' },
  { name: 'boxes', flags: ['interval', 'concat'], keyType: 0x1cd, keyLen: 8, fields: [4, 2] },
  { name: 'nets', flags: ['interval', 'eval'], ...ipv4 },
  { name: 'ports', flags: [], keyType: 13, keyLen: 2 },
  { name: '__set%d', flags: ['anonymous', 'constant'], ...ipv4 },
  { name: 'nets', flags: ['map', 'object'], ...ipv4, dataType: 19, dataLen: 4, objType: 'counter' },
]
const setName = fc.constantFrom(...new Set(setForms.map(({ name }) => name)), 'missing')

const sets: fc.Arbitrary<Op> = fc.oneof(
  fc
    .tuple(place, create, echo, fc.constantFrom(...setForms), fc.nat(9))
    .map(([at, flags, echoed, form, id]) => op('newset', flags | echoed, setMessage, { ...at, ...form, id })),
  fc
    .tuple(place, removal, setName, fc.constantFrom<MessageName>('delset', 'destroyset'))
    .map(([at, flags, name, message]) => op(message, flags, setMessage, { ...at, name })),
)

const box = fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5), fc.nat(5)).map(
  ([a, b, c, d]): KernelElement => ({
    key: Uint8Array.of(10, 0, 0, a, 0, c, 0, 0),
    keyEnd: Uint8Array.of(10, 0, 0, b, 0, d, 0, 0),
  }),
)

const elementsFor: Readonly<Record<string, fc.Arbitrary<KernelElement>>> = {
  hosts: key.map((each) => ({ key: each })),
  nets: fc.oneof(
    fc.tuple(key, fc.boolean()).map(([each, isEnd]) => ({ key: each, flags: isEnd ? ['interval_end' as const] : [] })),
    fc.constant<KernelElement>({ flags: ['catchall'] }),
  ),
  seen: fc.oneof(
    key.map((each) => ({ key: each })),
    fc.tuple(key, fc.constantFrom(0n, 60_000n, 3_600_000n)).map(([each, timeout]) => ({ key: each, timeout })),
  ),
  verdicts: fc.oneof(
    fc
      .tuple(key, chainName)
      .map(([each, chain]) => ({ key: each, data: { verdict: { code: 'jump' as const, chain } } })),
    key.map((each) => ({ key: each, data: { verdict: { code: 'accept' as const } } })),
    key.map((each) => ({ key: each })),
  ),
  marks: fc.tuple(key, fc.nat(1)).map(([each, mark]) => ({ key: each, data: { value: Uint8Array.of(mark, 0, 0, 0) } })),
  counters: fc.tuple(key, fc.constantFrom('hits', 'limit')).map(([each, objref]) => ({ key: each, objref })),
  boxes: box,
  ports: key.map((each) => ({ key: each.subarray(2) })),
  '__set%d': key.map((each) => ({ key: each })),
  missing: key.map((each) => ({ key: each })),
}

const elements: fc.Arbitrary<Op> = fc
  .tuple(
    place,
    setName,
    fc.constantFrom<MessageName>('newsetelem', 'newsetelem', 'newsetelem', 'delsetelem', 'destroysetelem'),
  )
  .chain(([at, set, message]) =>
    fc
      .tuple(fc.array(elementsFor[set]!, { maxLength: 4, minLength: message === 'newsetelem' ? 1 : 0 }), create, echo)
      .map(([list, flags, echoed]) => {
        const created = message === 'newsetelem' ? flags & ~NLM_F_REPLACE : 0
        const bare =
          message === 'newsetelem' ? list : list.map(({ data: _, objref: __, timeout: ___, ...rest }) => rest)
        return op(message, created | echoed, elementsMessage, { ...at, set, elements: bare })
      }),
  )

const objects: fc.Arbitrary<Op> = fc.oneof(
  fc
    .tuple(place, create, echo, fc.constantFrom({ expr: 'counter' }, { expr: 'counter', packets: 3n, bytes: 9n }))
    .map(([at, flags, echoed, data]) => op('newobj', flags | echoed, objectMessage, { ...at, name: 'hits', data })),
  fc
    .tuple(place, create, fc.constantFrom(100n, 200n))
    .map(([at, flags, bytes]) =>
      op('newobj', flags, objectMessage, { ...at, name: 'limit', data: { expr: 'quota', bytes } }),
    ),
  fc
    .tuple(place, fc.constantFrom('hits', 'limit'), fc.constantFrom('counter', 'quota'), fc.boolean())
    .map(([at, name, type, destroy]) =>
      op(destroy ? 'destroyobj' : 'delobj', 0, objectRefMessage, { ...at, name, type }),
    ),
)

/** An anonymous set, its elements, and the rule that takes it. */
const withAnonymousSet: fc.Arbitrary<Op[]> = fc
  .tuple(
    place,
    chainName,
    fc.integer({ min: 30, max: 40 }),
    fc.uniqueArray(key, { minLength: 1, maxLength: 3, selector: String }),
  )
  .map(([at, chain, id, keys]) => [
    op('newset', NLM_F_CREATE, setMessage, { ...at, name: '__set%d', flags: ['anonymous', 'constant'], ...ipv4, id }),
    op('newsetelem', NLM_F_CREATE, elementsMessage, {
      ...at,
      set: '__set%d',
      setId: id,
      elements: keys.map((each) => ({ key: each })),
    }),
    op('newrule', NLM_F_CREATE | NLM_F_APPEND, ruleMessage, {
      ...at,
      chain,
      expressions: [saddr, { expr: 'lookup', set: '__set%d', setId: id, sreg: 1 }],
    }),
  ])

const devices = fc.constantFrom<string[]>(['lo'], ['lo', 'dummy7'], ['dummy7'], [])

const flowtables: fc.Arbitrary<Op> = fc.oneof(
  fc
    .tuple(place, create, echo, fc.constantFrom('fast', 'other'), fc.constantFrom(0, 5), devices)
    .map(([at, flags, echoed, name, priority, list]) =>
      op('newflowtable', (flags & ~NLM_F_REPLACE) | echoed, flowtableMessage, {
        ...at,
        name,
        hook: { num: 0, priority, devices: list },
      }),
    ),
  fc
    .tuple(place, fc.constantFrom<MessageName>('delflowtable', 'destroyflowtable'), fc.constantFrom('fast', 'other'))
    .map(([at, message, name]) => op(message, 0, flowtableMessage, { ...at, name })),
)

const one: fc.Arbitrary<Op> = fc.oneof(
  { weight: 1, arbitrary: tables },
  { weight: 4, arbitrary: chains },
  { weight: 7, arbitrary: rules },
  { weight: 4, arbitrary: sets },
  { weight: 5, arbitrary: elements },
  { weight: 2, arbitrary: objects },
)

/** What one batch does; with flowtables only where the kernel has them (CONFIG_NF_FLOW_TABLE). */
export function operations(withFlowtables: boolean): fc.Arbitrary<Op[]> {
  const single = withFlowtables ? fc.oneof({ weight: 25, arbitrary: one }, { weight: 2, arbitrary: flowtables }) : one
  const several = fc.oneof(
    { weight: 9, arbitrary: single.map((each) => [each]) },
    { weight: 1, arbitrary: withAnonymousSet },
  )
  // Mostly one change in a batch, since one that is refused takes all others with it.
  return fc.oneof(
    { weight: 3, arbitrary: several },
    { weight: 1, arbitrary: fc.array(several, { minLength: 2, maxLength: 4 }).map((lists) => lists.flat()) },
  )
}

const inT = { family: 'inet', table: 't' } as const

/** Only jumps, by rules and by a verdict map, and their end: they come too deep soon. */
export const jumping: fc.Arbitrary<Op[]> = fc.array(
  fc.oneof(
    fc.tuple(chainName, fc.constantFrom('a', 'b', 'c'), fc.constantFrom('jump', 'goto')).map(([chain, to, code]) =>
      op('newrule', NLM_F_CREATE | NLM_F_APPEND, ruleMessage, {
        ...inT,
        chain,
        expressions: [jump(code as 'jump', to)],
      }),
    ),
    chainName.map((chain) =>
      op('newrule', NLM_F_CREATE, ruleMessage, {
        ...inT,
        chain,
        expressions: [saddr, { expr: 'lookup', set: 'verdicts', sreg: 1, dreg: 0 }],
      }),
    ),
    fc.tuple(key, fc.constantFrom('a', 'b', 'c')).map(([each, chain]) =>
      op('newsetelem', NLM_F_CREATE, elementsMessage, {
        ...inT,
        set: 'verdicts',
        elements: [{ key: each, data: { verdict: { code: 'jump', chain } } }],
      }),
    ),
    chainName.map((chain) => op('delrule', 0, ruleMessage, { ...inT, chain, expressions: [] })),
    fc.constant(op('delsetelem', 0, elementsMessage, { ...inT, set: 'verdicts', elements: [] })),
    fc.constantFrom('a', 'b', 'c').map((name) => op('delchain', 0, chainMessage, { ...inT, name })),
    fc.constantFrom('a', 'b', 'c').map((name) => op('newchain', NLM_F_CREATE, chainMessage, { ...inT, name })),
  ),
  { minLength: 1, maxLength: 4 },
)

/** Only elements of the sets that there are, among them small ones: they are full soon. */
export const filling: fc.Arbitrary<Op[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom('hosts', 'nets', 'seen', 'marks', 'boxes', 'ports', 'counters'),
      fc.constantFrom<MessageName>('newsetelem', 'newsetelem', 'newsetelem', 'destroysetelem'),
      fc.constantFrom(NLM_F_CREATE, NLM_F_CREATE, NLM_F_CREATE | NLM_F_EXCL),
    )
    .chain(([set, message, flags]) =>
      fc.array(elementsFor[set]!, { minLength: 1, maxLength: 3 }).map((list) => {
        const added = message === 'newsetelem'
        const elements = added ? list : list.map(({ data: _, objref: __, timeout: ___, ...rest }) => rest)
        return op(message, added ? flags : 0, elementsMessage, { ...inT, set, elements })
      }),
    ),
  { minLength: 1, maxLength: 2 },
)

/** Makes the first sets of {@link furnished} small. */
export const small: readonly Op[] = [
  op('destroyset', 0, setMessage, { ...inT, name: 'hosts', flags: [], ...ipv4 }),
  op('newset', NLM_F_CREATE, setMessage, { ...inT, name: 'hosts', flags: [], ...ipv4, size: 3, id: 1 }),
  op('destroyset', 0, setMessage, { ...inT, name: 'nets', flags: [], ...ipv4 }),
  op('newset', NLM_F_CREATE, setMessage, { ...inT, name: 'nets', flags: ['interval'], ...ipv4, size: 2, id: 2 }),
  op('newobj', NLM_F_CREATE, objectMessage, { ...inT, name: 'limit', data: { expr: 'counter' } }),
]

/** Tells whether there are flowtables. */
export const probe: readonly Op[] = [
  op('newtable', NLM_F_CREATE, tableMessage, { family: 'inet', name: 't' }),
  op('newflowtable', NLM_F_CREATE, flowtableMessage, {
    family: 'inet',
    table: 't',
    name: 'fast',
    hook: { num: 0, priority: 0, devices: ['lo'] },
  }),
]

const at = { family: 'inet', table: 't' } as const

/** Where most sequences begin: everything that the names above mean is there. */
export const furnished: readonly Op[] = [
  op('newtable', NLM_F_CREATE, tableMessage, { family: 'inet', name: 't' }),
  ...['a', 'b', 'c'].map((name) => op('newchain', NLM_F_CREATE, chainMessage, { ...at, name })),
  op('newchain', NLM_F_CREATE, chainMessage, {
    ...at,
    name: 'base',
    type: 'filter',
    hook: { hook: 'input', priority: 0 },
  }),
  op('newrule', NLM_F_CREATE, ruleMessage, { ...at, chain: 'base', expressions: [jump('jump', 'a')] }),
  op('newobj', NLM_F_CREATE, objectMessage, { ...at, name: 'hits', data: { expr: 'counter' } }),
  ...setForms

    .filter(({ name }) => name !== '__set%d')
    .filter((form, index) => setForms.findIndex(({ name }) => name === form.name) === index)
    .map((form, id) => op('newset', NLM_F_CREATE, setMessage, { ...at, ...form, id: id + 20 })),
]
