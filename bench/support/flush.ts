import { Connection, NETLINK_NETFILTER, type NetworkNamespace, openNetlink } from '@sallyport/linux'

/** IPCTNL_MSG_CT_DELETE of NFNL_SUBSYS_CTNETLINK; without a tuple it means every flow of the namespace. */
const CT_DELETE = (1 << 8) | 2

/** Makes a router forget all its flows in one message. The product never does; a benchmark owns the whole namespace. */
export function flushFlows(namespace: NetworkNamespace): void {
  using connection = new Connection(openNetlink(NETLINK_NETFILTER, { namespace }))
  connection.request({ operation: 'delconntrack', type: CT_DELETE, body: new Uint8Array(4) })
}
