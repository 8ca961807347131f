import { Connection, NETLINK_ROUTE, openNetlink } from '@sallyport/linux'

const RTM_NEWQDISC = 36
const NLM_F_EXCL = 0x200
const NLM_F_CREATE = 0x400
const TC_H_ROOT = 0xffff_ffff
const TCA_KIND = 1
const TCA_OPTIONS = 2
const LOOPBACK = 1 // ifindex of lo in every namespace
const NETEM_QOPT = 24 // sizeof(struct tc_netem_qopt)

/** Puts the netem qdisc on `lo` of the calling thread's namespace (linux/pkt_sched.h). Throws NetlinkError ENOENT without it. */
export function addNetem(): void {
  using connection = new Connection(openNetlink(NETLINK_ROUTE))
  const body = Buffer.concat([tcmsg(), attribute(TCA_KIND, Buffer.from('netem\0')), attribute(TCA_OPTIONS, options())])
  connection.request({ operation: 'newqdisc netem', type: RTM_NEWQDISC, flags: NLM_F_CREATE | NLM_F_EXCL, body })
}

/** struct tcmsg: family, 3 bytes of padding, ifindex, handle, parent, info. */
function tcmsg(): Buffer {
  const message = Buffer.alloc(20)
  const numbers = new DataView(message.buffer, message.byteOffset)
  const little = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  numbers.setInt32(4, LOOPBACK, little)
  numbers.setUint32(12, TC_H_ROOT, little)
  return message
}

/** No latency and no loss; a limit of 0 packets would drop everything, and this namespace sends nothing. */
function options(): Buffer {
  return Buffer.alloc(NETEM_QOPT)
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc((4 + value.length + 3) & ~3)
  const header = Uint16Array.of(4 + value.length, type)
  Buffer.from(header.buffer).copy(padded)
  value.copy(padded, 4)
  return padded
}
