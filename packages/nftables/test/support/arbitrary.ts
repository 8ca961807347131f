import fc from 'fast-check'
import {
  bitwiseOps,
  byteorderOps,
  type CtKey,
  cmpOps,
  connlimitFlags,
  ctDirections,
  ctKeys,
  type Data,
  dynsetOps,
  type Expression,
  exthdrFlags,
  exthdrOps,
  fibFlags,
  fibResults,
  hashTypes,
  type Inner,
  innerFlags,
  innerTypes,
  type KnownExpression,
  limitFlags,
  limitTypes,
  logFlags,
  logLevels,
  lookupFlags,
  metaKeys,
  natFlags,
  natTypes,
  numgenTypes,
  objectTypes,
  osfFlags,
  osfTtls,
  payloadBases,
  payloadChecksumFlags,
  payloadChecksums,
  queueFlags,
  quotaFlags,
  rangeOps,
  rejectTypes,
  rtKeys,
  type StatefulExpression,
  socketKeys,
  synproxyFlags,
  tunnelKeys,
  tunnelModes,
  type VerdictCode,
  verdictCodes,
  xfrmDirections,
  xfrmKeys,
} from '../../src/expr/index.ts'

const u32 = fc.nat(0xffffffff)
const u16 = fc.nat(0xffff)
const u8 = fc.nat(0xff)
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const register = fc.constantFrom(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 23)
const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,20}$/)

function oneOf<N extends string>(names: Readonly<Record<N, number>>): fc.Arbitrary<N> {
  return fc.constantFrom(...(Object.keys(names) as N[]))
}

/** In the order of the bits, as they are read. */
function someOf<N extends string>(names: Readonly<Record<N, number>>): fc.Arbitrary<N[]> {
  return fc.subarray(Object.keys(names) as N[])
}

/** Every property but those named may be left out. */
function partly<T>(
  properties: { [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> },
  ...always: (keyof T)[]
): fc.Arbitrary<T> {
  return fc.record(properties, {
    requiredKeys: ['expr', ...always] as never,
    noNullPrototype: true,
  }) as unknown as fc.Arbitrary<T>
}

/** All of the properties; plain objects, as decoding makes them. */
function whole<T>(properties: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(properties, { noNullPrototype: true })
}

const expr = <E extends string>(kind: E): fc.Arbitrary<E> => fc.constant(kind)
const value = fc.uint8Array({ minLength: 0, maxLength: 16 })
const verdict = fc.record(
  { code: oneOf(verdictCodes) as fc.Arbitrary<VerdictCode>, chain: name, chainId: u32 },
  { requiredKeys: ['code'], noNullPrototype: true },
)
export const anyData: fc.Arbitrary<Data> = fc.oneof(whole({ value }), whole({ verdict })) as fc.Arbitrary<Data>

type Arbitraries = { readonly [E in KnownExpression as E['expr']]: fc.Arbitrary<E> }

const stateful: Pick<Arbitraries, 'counter' | 'limit' | 'quota' | 'connlimit' | 'last'> = {
  counter: partly({ expr: expr('counter'), bytes: u64, packets: u64 }),
  limit: partly(
    { expr: expr('limit'), rate: u64, unit: u64, burst: u32, type: oneOf(limitTypes), flags: someOf(limitFlags) },
    'rate',
    'unit',
  ),
  quota: partly({ expr: expr('quota'), bytes: u64, flags: someOf(quotaFlags), consumed: u64 }, 'bytes'),
  connlimit: partly({ expr: expr('connlimit'), count: u32, flags: someOf(connlimitFlags) }, 'count'),
  last: partly({ expr: expr('last'), set: u32, msecs: u64 }),
}

const anyStateful: fc.Arbitrary<StatefulExpression> = fc.oneof(...Object.values(stateful))

/** Any value of each kind, whether the kernel would take it or not. */
export const arbitraries: Arbitraries = {
  ...stateful,
  payload: partly(
    {
      expr: expr('payload'),
      dreg: register,
      sreg: register,
      base: oneOf(payloadBases),
      offset: u32,
      len: u32,
      csumType: oneOf(payloadChecksums),
      csumOffset: u32,
      csumFlags: someOf(payloadChecksumFlags),
    },
    'base',
    'offset',
    'len',
  ),
  meta: partly({ expr: expr('meta'), dreg: register, key: oneOf(metaKeys), sreg: register }, 'key'),
  ct: partly(
    {
      expr: expr('ct'),
      dreg: register,
      key: oneOf(ctKeys) as fc.Arbitrary<CtKey>,
      direction: oneOf(ctDirections),
      sreg: register,
    },
    'key',
  ),
  cmp: whole({ expr: expr('cmp'), sreg: register, op: oneOf(cmpOps), data: anyData }),
  range: whole({ expr: expr('range'), sreg: register, op: oneOf(rangeOps), fromData: anyData, toData: anyData }),
  bitwise: partly(
    {
      expr: expr('bitwise'),
      sreg: register,
      sreg2: register,
      dreg: register,
      len: u32,
      op: oneOf(bitwiseOps),
      mask: anyData,
      xor: anyData,
      data: anyData,
    },
    'sreg',
    'dreg',
    'len',
  ),
  byteorder: whole({
    expr: expr('byteorder'),
    sreg: register,
    dreg: register,
    op: oneOf(byteorderOps),
    len: u32,
    size: u32,
  }),
  immediate: whole({ expr: expr('immediate'), dreg: register, data: anyData }),
  lookup: partly(
    { expr: expr('lookup'), set: name, sreg: register, dreg: register, setId: u32, flags: someOf(lookupFlags) },
    'set',
    'sreg',
  ),
  dynset: partly(
    {
      expr: expr('dynset'),
      setName: name,
      setId: u32,
      op: oneOf(dynsetOps),
      sregKey: register,
      sregData: register,
      timeout: fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
      expressions: fc.array(anyStateful, { minLength: 1, maxLength: 3 }),
      flags: fc.constant(['inv' as const]),
    },
    'setName',
    'op',
    'sregKey',
  ),
  nat: partly(
    {
      expr: expr('nat'),
      type: oneOf(natTypes),
      family: fc.constantFrom('ip', 'ip6', 'inet'),
      regAddrMin: register,
      regAddrMax: register,
      regProtoMin: register,
      regProtoMax: register,
      flags: someOf(natFlags),
    },
    'type',
    'family',
  ),
  masq: partly({ expr: expr('masq'), flags: someOf(natFlags), regProtoMin: register, regProtoMax: register }),
  redir: partly({ expr: expr('redir'), flags: someOf(natFlags), regProtoMin: register, regProtoMax: register }),
  tproxy: partly(
    { expr: expr('tproxy'), family: fc.constantFrom('unspec', 'ip', 'ip6'), regAddr: register, regPort: register },
    'family',
  ),
  log: partly({
    expr: expr('log'),
    prefix: name,
    group: u16,
    snaplen: u32,
    qthreshold: u16,
    level: oneOf(logLevels),
    flags: someOf(logFlags),
  }),
  fib: whole({ expr: expr('fib'), dreg: register, result: oneOf(fibResults), flags: someOf(fibFlags) }),
  reject: partly({ expr: expr('reject'), type: oneOf(rejectTypes), icmpCode: u8 }, 'type'),
  objref: partly({
    expr: expr('objref'),
    immType: oneOf(objectTypes),
    immName: name,
    setSreg: register,
    setName: name,
    setId: u32,
  }),
  notrack: whole({ expr: expr('notrack') }),
  numgen: partly(
    { expr: expr('numgen'), dreg: register, modulus: u32, type: oneOf(numgenTypes), offset: u32 },
    'dreg',
    'modulus',
    'type',
  ),
  hash: partly(
    {
      expr: expr('hash'),
      sreg: register,
      dreg: register,
      len: u32,
      modulus: u32,
      seed: u32,
      offset: u32,
      type: oneOf(hashTypes),
    },
    'dreg',
    'modulus',
  ),
  rt: whole({ expr: expr('rt'), dreg: register, key: oneOf(rtKeys) }),
  exthdr: partly(
    {
      expr: expr('exthdr'),
      dreg: register,
      type: u8,
      offset: u32,
      len: u32,
      flags: someOf(exthdrFlags),
      op: oneOf(exthdrOps),
      sreg: register,
    },
    'type',
    'offset',
    'len',
  ),
  queue: partly({ expr: expr('queue'), num: u16, total: u16, flags: someOf(queueFlags), sregQnum: register }),
  socket: partly({ expr: expr('socket'), key: oneOf(socketKeys), dreg: register, level: u32 }, 'key', 'dreg'),
  osf: partly({ expr: expr('osf'), dreg: register, ttl: oneOf(osfTtls), flags: someOf(osfFlags) }, 'dreg'),
  xfrm: partly(
    { expr: expr('xfrm'), key: oneOf(xfrmKeys), direction: oneOf(xfrmDirections), spnum: u32, dreg: register },
    'key',
    'direction',
    'dreg',
  ),
  tunnel: partly(
    { expr: expr('tunnel'), key: oneOf(tunnelKeys), dreg: register, mode: oneOf(tunnelModes) },
    'key',
    'dreg',
  ),
  synproxy: partly({ expr: expr('synproxy'), mss: u16, wscale: u8, flags: someOf(synproxyFlags) }),
  dup: partly({ expr: expr('dup'), sregAddr: register, sregDev: register }),
  fwd: partly(
    { expr: expr('fwd'), sregDev: register, sregAddr: register, nfproto: fc.constantFrom('ip', 'ip6') },
    'sregDev',
  ),
  flow_offload: whole({ expr: expr('flow_offload'), tableName: name }),
  inner: whole<Inner>({
    expr: expr('inner'),
    num: u32,
    type: oneOf(innerTypes),
    flags: someOf(innerFlags),
    hdrsize: u32,
    expression: whole({ expr: expr('meta'), key: oneOf(metaKeys), dreg: register }),
  }),
  match: whole({ expr: expr('match'), name, rev: u8, info: value }),
  target: whole({ expr: expr('target'), name, rev: u8, info: value }),
}

/** Any expression, also one that has no codec. */
export const anyExpression: fc.Arbitrary<Expression> = fc.oneof(
  ...(Object.values(arbitraries) as fc.Arbitrary<Expression>[]),
  whole({ expr: expr('unknown'), name: fc.constantFrom('future', 'later', 'x'), data: value }),
)
