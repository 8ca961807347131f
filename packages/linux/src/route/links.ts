import type { Connection } from '../netlink/connection.ts'
import { NLM_F_CREATE, NLM_F_EXCL } from '../netlink/header.ts'
import {
  bridgeData,
  checkLinkName,
  IFF_UP,
  type Link,
  type LinkMessage,
  link as linkCodec,
  linkOf,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  vethData,
  vxlanData,
} from './link.ts'

/** A place to put a link into: NetworkNamespace, or anything else that has a descriptor of one. */
export interface NamespaceHandle {
  readonly fd: number
}

/** What every new link may be given. */
export interface NewLink {
  /** At most 15 bytes. */
  readonly name: string
  /** Where it is made; default: the namespace of the connection. */
  readonly namespace?: NamespaceHandle | undefined
  /** Up from the start; default: down. */
  readonly up?: boolean | undefined
  readonly mtu?: number | undefined
  /** '02:00:5e:10:00:01'; default: the kernel makes one up. */
  readonly hardwareAddress?: string | undefined
  /** Its number, if it isn't taken there; default: the next one. (Of a veth's other end: only if the pair has one.) */
  readonly index?: number | undefined
  /** Number of the bridge to be a port of, in the same namespace. */
  readonly master?: number | undefined
  /** Queues in each direction; default: one, where the kernel would make one for every processor. */
  readonly queues?: number | undefined
  /** Segments that TCP may hand over as one frame; 1: every frame is as it would be on a real cable. */
  readonly gsoMaxSegments?: number | undefined
}

/** A pair of links: what goes into one comes out of the other. */
export interface NewVeth extends NewLink {
  /** It can't be up from the start: the driver refuses that before the pair is complete. */
  readonly peer: Omit<NewLink, 'up'>
}

/** A learning switch. Without spanning tree, as the kernel makes it, ports forward at once. */
export interface NewBridge extends NewLink {
  readonly multicastSnooping?: boolean | undefined
}

/** Ethernet in UDP towards one peer (RFC 7348). */
export interface NewVxlan extends NewLink {
  /** The VNI, 0 to 16777215. */
  readonly id: number
  readonly remote?: string | undefined
  readonly local?: string | undefined
  /** UDP port of the peer and of ourselves; default 4789, the assigned one. */
  readonly port?: number | undefined
  readonly learning?: boolean | undefined
}

/** What can be changed of a link. Absent: left as it is. */
export interface LinkChange {
  readonly up?: boolean | undefined
  readonly name?: string | undefined
  /** Name or index of the bridge to become a port of; null: of none. */
  readonly master?: string | number | null | undefined
  readonly namespace?: NamespaceHandle | undefined
  readonly mtu?: number | undefined
  readonly hardwareAddress?: string | undefined
  readonly queueLength?: number | undefined
  readonly gsoMaxSegments?: number | undefined
}

const nothing: LinkMessage = { family: 0, type: 0, index: 0, flags: 0, change: 0 }

/** The message for a new link, or for the other end of one. */
function newLink(options: NewLink): LinkMessage {
  return {
    ...nothing,
    ...(options.up ? { flags: IFF_UP, change: IFF_UP } : {}),
    ...defined({ index: options.index }),
    name: checkLinkName(options.name),
    transmitQueues: options.queues ?? 1,
    receiveQueues: options.queues ?? 1,
    ...defined({
      master: options.master,
      mtu: options.mtu,
      hardwareAddress: options.hardwareAddress,
      gsoMaxSegments: options.gsoMaxSegments,
      namespaceFd: options.namespace?.fd,
    }),
  }
}

function create(connection: Connection, options: NewLink, kind: string, data: Uint8Array): void {
  const body = linkCodec.encode({ ...newLink(options), info: { kind, data } })
  connection.post({
    operation: `newlink ${options.name} (${kind})`,
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body,
    pathAt: linkCodec.pathAt,
    hints: {
      EEXIST: 'a link of that name exists',
      EOPNOTSUPP: `this kernel makes no links of kind ${kind} (load its module), or not like this`,
    },
  })
}

export function addVeth(connection: Connection, options: NewVeth): void {
  create(connection, options, 'veth', vethData.encode({ peer: newLink({ mtu: options.mtu, ...options.peer }) }))
}

export function addBridge(connection: Connection, options: NewBridge): void {
  const data = defined({ multicastSnooping: asNumber(options.multicastSnooping) })
  create(connection, options, 'bridge', bridgeData.encode(data))
}

export function addVxlan(connection: Connection, options: NewVxlan): void {
  const { id, remote, local, port = 4789, learning } = options
  create(
    connection,
    options,
    'vxlan',
    vxlanData.encode({ id, port, ...defined({ remote, local, learning: asNumber(learning) }) }),
  )
}

export function setLink(connection: Connection, which: string | number, change: LinkChange): void {
  const index = indexOf(connection, which)
  const { up, master, namespace, name, mtu, hardwareAddress, queueLength, gsoMaxSegments } = change
  const flags = up === undefined ? {} : { flags: up ? IFF_UP : 0, change: IFF_UP }
  const body = linkCodec.encode({
    ...nothing,
    index,
    ...flags,
    ...defined({
      name: name === undefined ? undefined : checkLinkName(name),
      mtu,
      hardwareAddress,
      queueLength,
      gsoMaxSegments,
      master: master === null ? 0 : master === undefined ? undefined : indexOf(connection, master),
      namespaceFd: namespace?.fd,
    }),
  })
  connection.post({
    operation: `setlink ${which}`,
    type: RTM_NEWLINK,
    body,
    pathAt: linkCodec.pathAt,
    hints: { EEXIST: `the name '${name ?? which}' is taken there` },
  })
}

export function deleteLink(connection: Connection, which: string | number): void {
  connection.post({
    operation: `dellink ${which}`,
    type: RTM_DELLINK,
    body: linkCodec.encode(
      typeof which === 'string' ? { ...nothing, name: checkLinkName(which) } : { ...nothing, index: which },
    ),
    pathAt: linkCodec.pathAt,
    hints: { ENODEV: `there is no link ${which} here`, EOPNOTSUPP: 'only links made by software can be deleted' },
  })
}

export function listLinks(connection: Connection): Link[] {
  const answers = connection.dump({ operation: 'getlink', type: RTM_GETLINK, body: linkCodec.encode(nothing) })
  return answers.map((answer) => linkOf(linkCodec.decode(answer.body)))
}

/** One link by name or index; throws NetlinkError ENODEV when there is none. */
export function getLink(connection: Connection, which: string | number): Link {
  const wanted = typeof which === 'string' ? { ...nothing, name: checkLinkName(which) } : { ...nothing, index: which }
  const [answer] = connection.request({
    operation: `getlink ${which}`,
    type: RTM_GETLINK,
    body: linkCodec.encode(wanted),
    pathAt: linkCodec.pathAt,
    hints: {
      ENODEV: typeof which === 'string' ? `there is no link named '${which}' here` : `there is no link ${which} here`,
    },
  })
  return linkOf(linkCodec.decode(answer!.body))
}

/** The index of a link given by name; a number is one already. */
export function indexOf(connection: Connection, which: string | number): number {
  return typeof which === 'number' ? which : getLink(connection, which).index
}

/** Without the properties that are undefined: in a codec's value, absent means absent. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function asNumber(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}
