import {
  attributes,
  type Codec,
  Connection,
  fixedHeader,
  i32,
  message,
  NETLINK_ROUTE,
  NLM_F_CREATE,
  NLM_F_EXCL,
  openNetlink,
  raw,
  text,
  type Unknown,
  u32,
} from '@sallyport/linux'

/** linux/rtnetlink.h, linux/pkt_sched.h: as much of queueing disciplines as it takes to see whether there is one. */

const RTM_NEWQDISC = 36
const TC_H_ROOT = 0xffff_ffff
const LOOPBACK = 1 // ifindex of lo in every namespace
/** struct tc_netem_qopt: no latency and no loss; a limit of 0 packets would drop everything, and nothing is sent here. */
const idle = new Uint8Array(24)

/** struct tcmsg, as far as it is not 0. */
interface QdiscHeader {
  readonly index: number
  readonly parent: number
}

interface QdiscAttributes extends Unknown {
  kind: string
  options: Uint8Array
}

const qdisc: Codec<QdiscHeader & QdiscAttributes> = message(
  'qdisc',
  fixedHeader<QdiscHeader>('tcmsg', 20, { index: [4, i32], parent: [12, u32] }),
  attributes<QdiscAttributes>('qdisc', {
    kind: [1, text], // TCA_KIND
    options: [2, raw], // TCA_OPTIONS
  }),
)

/** Puts the netem qdisc on `lo` of the calling thread's namespace. Throws NetlinkError ENOENT without it. */
export function addNetem(): void {
  using connection = new Connection(openNetlink(NETLINK_ROUTE))
  const body = qdisc.encode({ index: LOOPBACK, parent: TC_H_ROOT, kind: 'netem', options: idle })
  connection.request({ operation: 'newqdisc netem', type: RTM_NEWQDISC, flags: NLM_F_CREATE | NLM_F_EXCL, body })
}
