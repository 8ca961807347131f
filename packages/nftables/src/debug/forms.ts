import {
  connlimitFlags,
  dynsetFlags,
  type Expression,
  families,
  type KnownExpression,
  limitFlags,
  logFlags,
  logLevels,
  lookupFlags,
  natFlags,
  objectTypes,
  payloadChecksumFlags,
  payloadChecksums,
  quotaFlags,
  rejectTypes,
} from '../expr/index.ts'
import { debugBytes, debugData, hex, maskOf, optional, words } from './data.ts'

type Form<E extends Expression> = (expression: E) => string

/** One form for each kind. Kinds that are missing have the general form of index.ts. */
export type Forms = { readonly [K in KnownExpression['expr']]?: Form<Extract<KnownExpression, { expr: K }>> }

const metaNames: Readonly<Record<string, string>> = { time_ns: 'time', time_day: 'day', time_hour: 'hour' }

const units: Readonly<Record<string, string>> = {
  1: 'second',
  60: 'minute',
  3600: 'hour',
  86400: 'day',
  604800: 'week',
}

/** How libnftnl prints what is read from the packet and what surrounds it. */
const reading: Forms = {
  payload: ({ dreg, sreg, base, offset, len, csumType = 'none', csumOffset = 0, csumFlags }) => {
    const place = `${len}b @ ${base} header + ${offset}`
    if (sreg === undefined) return `payload load ${place} => reg ${dreg}`
    const sum = `csum_type ${payloadChecksums[csumType]} csum_off ${csumOffset}`
    return `payload write reg ${sreg} => ${place} ${sum} csum_flags ${hex(maskOf(csumFlags, payloadChecksumFlags))}`
  },
  meta: ({ key, dreg, sreg }) => loadOrSet('meta', metaNames[key] ?? key, dreg, sreg),
  ct: ({ key, dreg, sreg, direction }) => words(loadOrSet('ct', key, dreg, sreg), direction && `, dir ${direction}`),
  rt: ({ key, dreg }) => `rt load ${key} => reg ${dreg}`,
  socket: ({ key, dreg }) => `socket load ${key} => reg ${dreg}`,
  osf: ({ dreg }) => `osf dreg ${dreg}`,
  xfrm: ({ key, direction, spnum = 0, dreg }) => `xfrm load ${direction} ${spnum} ${key} => reg ${dreg}`,
  tunnel: ({ key, dreg }) => `tunnel load ${key} => reg ${dreg}`,
  fib: ({ flags, result, dreg }) => {
    const what = { oif: 'oif', oifname: 'oifname', addrtype: 'type' }[result]
    const present = flags.includes('present') ? 'present' : undefined
    const from = flags.filter((flag) => flag !== 'present').join(' . ')
    return words('fib', from, what, present, `=> reg ${dreg}`)
  },
  exthdr: ({ dreg, sreg, op = 'ipv6', type, offset, len, flags }) => {
    const place = `${len}b @ ${type} + ${offset}`
    if (sreg !== undefined) return `exthdr write ${op} reg ${sreg} => ${place}`
    if (dreg === undefined) return `exthdr reset ${op} ${type}`
    return words(`exthdr load ${op} ${place}`, flags?.includes('present') && 'present', `=> reg ${dreg}`)
  },
  numgen: ({ dreg, type, modulus, offset }) => {
    const how = type === 'incremental' ? 'inc' : type
    return words(`numgen reg ${dreg} = ${how} mod ${modulus}`, offset ? `offset ${offset}` : undefined)
  },
  hash: ({ dreg, sreg, len = 0, modulus, seed = 0, offset, type = 'jenkins' }) => {
    const what = type === 'sym' ? 'symhash()' : `jhash(reg ${sreg}, ${len}, ${hex(seed)})`
    return words(`hash reg ${dreg} = ${what} % mod ${modulus}`, offset ? `offset ${offset}` : undefined)
  },
}

function loadOrSet(name: string, key: string, dreg: number | undefined, sreg: number | undefined): string {
  return sreg === undefined ? `${name} load ${key} => reg ${dreg}` : `${name} set ${key} with reg ${sreg}`
}

const signs = { lshift: '<<', rshift: '>>', and: '&', or: '|', xor: '^' } as const

const computing: Forms = {
  cmp: ({ op, sreg, data }) => `cmp ${op} reg ${sreg} ${debugData(data)}`,
  range: ({ op, sreg, fromData, toData }) => `range ${op} reg ${sreg} ${debugData(fromData)} ${debugData(toData)}`,
  bitwise: ({ sreg, sreg2, dreg, op = 'mask_xor', mask, xor, data }) => {
    if (op === 'mask_xor') return `bitwise reg ${dreg} = ( reg ${sreg} & ${debugData(mask)} ) ^ ${debugData(xor)}`
    return `bitwise reg ${dreg} = ( reg ${sreg} ${signs[op]} ${sreg2 === undefined ? debugData(data) : `reg ${sreg2}`} )`
  },
  byteorder: ({ sreg, dreg, op, len, size }) => `byteorder reg ${dreg} = ${op}(reg ${sreg}, ${size}, ${len})`,
  immediate: ({ dreg, data }) => `immediate reg ${dreg} ${debugData(data)}`,
  lookup: ({ sreg, set, dreg, flags = [] }) =>
    words(`lookup reg ${sreg} set ${set}`, optional('dreg', dreg), flags.length > 0 && hex(maskOf(flags, lookupFlags))),
  objref: ({ immType, immName, setSreg, setName }) =>
    setSreg === undefined
      ? `objref type ${immType === undefined ? '' : objectTypes[immType]} name ${immName}`
      : `objref sreg ${setSreg} set ${setName}`,
  dynset: ({ op, sregKey, setName, sregData, timeout, expressions = [], flags = [] }) =>
    words(
      `dynset ${op} reg_key ${sregKey} set ${setName}`,
      optional('sreg_data', sregData),
      timeout ? `timeout ${timeout}ms` : undefined,
      flags.includes('inv') && hex(maskOf(['inv'], dynsetFlags)),
      ...expressions.map((expression) => `expr ${debugExpression(expression)}`),
    ),
}

const counting: Forms = {
  counter: ({ packets = 0n, bytes = 0n }) => `counter pkts ${packets} bytes ${bytes}`,
  limit: ({ rate, unit, burst = 0, type = 'pkts', flags }) => {
    const per = `${rate}/${units[String(unit)] ?? `${unit}s`}`
    const of = type === 'pkts' ? 'packets' : 'bytes'
    return `limit rate ${per} burst ${burst} type ${of} flags ${hex(maskOf(flags, limitFlags))}`
  },
  quota: ({ bytes, consumed = 0n, flags }) =>
    `quota bytes ${bytes} consumed ${consumed} flags ${maskOf(flags, quotaFlags)}`,
  connlimit: ({ count, flags }) => `connlimit count ${count} flags ${maskOf(flags, connlimitFlags)}`,
  last: ({ set, msecs = 0n }) => (set ? `last ${msecs}` : 'last never'),
}

interface Ports {
  readonly regProtoMin?: number
  readonly regProtoMax?: number
  readonly flags?: readonly string[]
}

function portsAndFlags({ regProtoMin, regProtoMax, flags }: Ports): string {
  const mask = maskOf(flags, natFlags)
  return words(
    optional('proto_min reg', regProtoMin),
    optional('proto_max reg', regProtoMax === regProtoMin ? undefined : regProtoMax),
    mask !== 0 && `flags ${hex(mask)}`,
  )
}

const acting: Forms = {
  nat: ({ type, family, regAddrMin, regAddrMax, ...ports }) =>
    words(
      `nat ${type} ${family}`,
      optional('addr_min reg', regAddrMin),
      optional('addr_max reg', regAddrMax === regAddrMin ? undefined : regAddrMax),
      portsAndFlags(ports),
    ),
  masq: (masq) => words('masq', portsAndFlags(masq)),
  redir: (redir) => words('redir', portsAndFlags(redir)),
  log: ({ prefix, group, snaplen, qthreshold, level, flags = [] }) => {
    const listener = group !== undefined && `group ${group} snaplen ${snaplen ?? 0} qthreshold ${qthreshold ?? 0}`
    const rank = level === undefined ? undefined : logLevels[level]
    const named = Object.keys(logFlags).filter((name) => (flags as readonly string[]).includes(name))
    return words('log', optional('prefix', prefix), listener, group === undefined && optional('level', rank), ...named)
  },
  reject: ({ type, icmpCode = 0 }) => `reject type ${rejectTypes[type]} code ${icmpCode}`,
  notrack: () => 'notrack',
  tproxy: ({ family, regAddr, regPort }) =>
    words('tproxy', family !== 'unspec' && family, optional('addr reg', regAddr), optional('port reg', regPort)),
  queue: ({ num = 0, total = 1, flags = [], sregQnum }) => {
    const where =
      sregQnum === undefined ? `num ${total > 1 ? `${num}-${num + total - 1}` : num}` : `sreg_qnum ${sregQnum}`
    return words('queue', where, flags.includes('bypass') && 'bypass', flags.includes('cpu_fanout') && 'fanout')
  },
  synproxy: ({ mss = 0, wscale = 0 }) => `synproxy mss ${mss} wscale ${wscale}`,
  dup: ({ sregAddr, sregDev }) => words('dup', optional('sreg_addr', sregAddr), optional('sreg_dev', sregDev)),
  fwd: ({ sregDev, sregAddr, nfproto }) =>
    words(
      `fwd sreg_dev ${sregDev}`,
      optional('sreg_addr', sregAddr),
      optional('nfproto', nfproto === undefined ? undefined : families[nfproto]),
    ),
  flow_offload: ({ tableName }) => `flow add ${tableName}`,
  match: ({ name, rev }) => `match name ${name} rev ${rev}`,
  target: ({ name, rev }) => `target name ${name} rev ${rev}`,
}

const forms: Forms = { ...reading, ...computing, ...counting, ...acting }

/** One expression in the form of `nft --debug=netlink`: `[ cmp eq reg 1 0x0100000a ]`. */
export function debugExpression(expression: Expression): string {
  const form = forms[expression.expr as KnownExpression['expr']] as Form<Expression> | undefined
  return `[ ${form === undefined ? general(expression) : form(expression)} ]`
}

/** For kinds that have no form there: name, and properties as they are here. */
function general(expression: Expression): string {
  if (expression.expr === 'unknown') return words(expression.name, expression.data && debugBytes(expression.data))
  const { expr, ...properties } = expression
  return words(expr, ...Object.entries(properties).map(([key, value]) => `${key} ${shown(value)}`))
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return debugBytes(value)
  if (Array.isArray(value)) return value.map(shown).join(',')
  if (typeof value !== 'object' || value === null) return String(value)
  return 'expr' in value ? debugExpression(value as Expression) : debugData(value as never)
}
