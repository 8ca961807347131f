import { type Codec, Connection, NETLINK_NETFILTER, type NetworkNamespace, openNetlink } from '@sallyport/linux'
import {
  chainMessage,
  elementsMessage,
  flowtableMessage,
  type MessageName,
  nlmsgType,
  objectMessage,
  ruleMessage,
  setMessage,
  tableMessage,
} from '../../src/messages/index.ts'

/** All kinds of things, how they are asked for and read. */
const kinds: Readonly<Record<string, readonly [MessageName, Codec<never>]>> = {
  table: ['gettable', tableMessage as Codec<never>],
  chain: ['getchain', chainMessage as Codec<never>],
  set: ['getset', setMessage as Codec<never>],
  object: ['getobj', objectMessage as Codec<never>],
  flowtable: ['getflowtable', flowtableMessage as Codec<never>],
  rule: ['getrule', ruleMessage as Codec<never>],
}

/** One message of a dump: what it is, and everything behind the netlink header. */
export interface Dumped {
  readonly kind: string
  readonly codec: Codec<never>
  readonly body: Uint8Array
}

const UNSPEC = new Uint8Array(4) // nfgenmsg of all families

/** Everything that a namespace holds, as the kernel tells it. */
export function dumpAll(namespace: NetworkNamespace): Dumped[] {
  using connection = new Connection(openNetlink(NETLINK_NETFILTER, { namespace }))
  const dump = (name: MessageName, body: Uint8Array): Uint8Array[] =>
    connection.dump({ operation: name, type: nlmsgType(name), body }).map((message) => message.body)
  const things = Object.entries(kinds).flatMap(([kind, [name, codec]]) =>
    flowtablesMissing(kind, () => dump(name, UNSPEC)).map((body) => ({ kind, codec, body })),
  )
  const elements = things
    .filter(({ kind }) => kind === 'set')
    .map(({ body }) => setMessage.decode(body))
    .flatMap(({ family, table, name }) =>
      dump('getsetelem', elementsMessage.encode({ family, table, set: name, elements: [] })),
    )
  const codec = elementsMessage as Codec<never>
  return [...things, ...elements.map((body) => ({ kind: 'elements', codec, body }))]
}

/** A kernel without flow tables has none to dump. */
function flowtablesMissing(kind: string, dump: () => Uint8Array[]): Uint8Array[] {
  try {
    return dump()
  } catch (error) {
    if (kind === 'flowtable') return []
    throw error
  }
}

const NFGENMSG = 4 // its resource id is the generation, which is not the thing's

/** What follows nfgenmsg. */
export function attributesOf(body: Uint8Array): Uint8Array {
  return body.subarray(NFGENMSG)
}
