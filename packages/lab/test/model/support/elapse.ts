import { release } from 'node:os'
import {
  attributes,
  type Codec,
  Connection,
  type Flow,
  message,
  NETLINK_NETFILTER,
  type NetworkNamespace,
  NFNETLINK_V0,
  NFNL_SUBSYS_CTNETLINK,
  NFPROTO_IPV4,
  nfGenMessage,
  nfMessageType,
  openNetlink,
  type Tuple,
  tupleCodec,
  type Unknown,
  u32be,
} from '@sallyport/linux'
import { Batch, type KernelElement, type KernelSet, type Nftables } from '@sallyport/nftables'

const IPCTNL_MSG_CT_NEW = 0

interface Timing extends Unknown {
  readonly original: Tuple
  /** Seconds. */
  readonly timeout: number
}

const timing: Codec<Timing> = attributes<Timing>('flow', {
  original: [1, tupleCodec, 'CTA_TUPLE_ORIG'],
  timeout: [7, u32be, 'CTA_TIMEOUT'],
})
const timingMessage = message('conntrack', nfGenMessage, timing)

const [major = 0, minor = 0] = release().split('.').map(Number)
/** Whether this kernel changes what an element has left: "netfilter: nf_tables: set element timeout update support". */
export const canElapse: boolean = major > 6 || (major === 6 && minor >= 12)

/** Time as the NAT of a namespace sees it, without waiting. */
export class Elapsing implements Disposable {
  readonly #nft: Nftables
  readonly #list: () => Flow[]
  readonly #forget: (flow: Flow) => void
  readonly #connection: Connection

  constructor(
    namespace: NetworkNamespace,
    nft: Nftables,
    conntrack: { readonly list: () => Flow[]; readonly delete: (flow: Flow) => unknown },
  ) {
    this.#nft = nft
    this.#list = () => conntrack.list()
    this.#forget = (flow) => void conntrack.delete(flow)
    this.#connection = new Connection(openNetlink(NETLINK_NETFILTER, { namespace }))
  }

  /**
   * Takes so many whole seconds from what flows and elements have left; what has none left is gone. What a packet has
   * touched since the last call counts as touched at this moment: parts of seconds do not add up.
   */
  pass(seconds: number): void {
    // A list may lack what was there while others came and went: what one of two does not have, the other does.
    const flows = new Map([...this.#list(), ...this.#list()].map((flow) => [flow.id, flow]))
    for (const flow of flows.values()) this.#age(flow, seconds)
    const batch = new Batch()
    for (const set of this.#nft.sets()) if (set.flags.includes('timeout')) this.#shorten(set, seconds, batch)
    if (batch.size > 0) this.#nft.commit(batch)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }

  /** The kernel says whole seconds, rounded down. */
  #age(flow: Flow, seconds: number): void {
    const timeout = (flow.timeout ?? 0) + 1 - seconds
    if (timeout <= 0) {
      this.#forget(flow)
      return
    }
    const header = { family: NFPROTO_IPV4, version: NFNETLINK_V0, resourceId: 0 }
    const body = timingMessage.encode({ ...header, original: flow.original, timeout })
    this.#connection.post({
      operation: 'newconntrack',
      type: nfMessageType(NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW),
      body,
    })
  }

  /** An element that is added once more takes over what it is said to have left (Linux 6.12). */
  #shorten(set: KernelSet, seconds: number, batch: Batch): void {
    const { family, table, name } = set
    const elements = this.#nft.elements(set).flatMap((each) => (each.expiration === undefined ? [] : [each]))
    const aged = elements.map((each) => ({ ...each, expiration: left(each, seconds) }))
    const [dead, living] = [
      aged.filter(({ expiration }) => expiration <= 0n),
      aged.filter((each) => each.expiration > 0n),
    ]
    if (dead.length > 0)
      batch.destroy('elements', { family, table, set: name, elements: dead.map(({ key }) => ({ key: key! })) })
    if (living.length > 0) batch.add('elements', { family, table, set: name, elements: living.map(withoutState) })
  }
}

function left({ expiration = 0n }: KernelElement, seconds: number): bigint {
  return ((expiration + 999n) / 1000n) * 1000n - BigInt(1000 * seconds)
}

/** What an element counts stays as it is. Packets may have left it more time than it began with, which says too little. */
function withoutState({ expressions: _, timeout, ...element }: KernelElement): KernelElement {
  const { expiration = 0n } = element
  return { ...element, ...(timeout !== undefined && { timeout: timeout > expiration ? timeout : expiration }) }
}
