import { Conntrack, NetworkNamespace, PacketSocket, Route } from '@sallyport/linux'
import { accept, connect, masquerade, meta, numgen, offload, queue, type Table } from '@sallyport/nftables'
import { type Finding, find, type Probe } from './finding.ts'
import { addNetem } from './qdisc.ts'

/** What this kernel can do, tried in namespaces that are gone afterwards. To be called inside a sandbox, or as root. */
export function probeKernel(): Finding[] {
  return probes.map(find)
}

const update = 'use a kernel whose configuration has it, or load its module as root'
const probes: readonly Probe[] = [
  {
    group: 'kernel',
    name: 'nf_tables with NAT',
    required: true,
    fix: 'CONFIG_NF_TABLES, NFT_NAT, NFT_MASQ; as root: modprobe nf_tables nft_chain_nat nft_masq',
    run: () => committed('a masquerading rule was committed', masqueradeInto),
  },
  {
    group: 'kernel',
    name: 'conntrack',
    required: true,
    fix: 'CONFIG_NF_CT_NETLINK; as root: modprobe nf_conntrack_netlink',
    run: inNamespace('its table was read', () => {
      using conntrack = Conntrack.open()
      conntrack.list()
    }),
  },
  {
    group: 'kernel',
    name: 'veth',
    required: true,
    fix: 'CONFIG_VETH; as root: modprobe veth',
    run: withRoute('a pair was made', (route) => route.addVeth({ name: 'a', peer: { name: 'b' } })),
  },
  {
    group: 'kernel',
    name: 'bridge',
    required: true,
    fix: 'CONFIG_BRIDGE; as root: modprobe bridge',
    run: withRoute('a bridge was made', (route) => route.addBridge({ name: 'a', up: true })),
  },
  {
    group: 'kernel',
    name: 'AF_PACKET',
    required: false,
    instead: 'nothing: links without delay, loss and rate work; impaired links and captures do not',
    fix: 'CONFIG_PACKET; as root: modprobe af_packet',
    run: inNamespace('a packet socket was opened', () => PacketSocket.open()[Symbol.dispose]()),
  },
  {
    group: 'kernel',
    name: 'IPv6',
    required: false,
    instead: 'nothing: labs have IPv4 only',
    fix: 'boot without ipv6.disable=1',
    run: withRoute('an address was given', (route) => route.addAddress('lo', '2001:db8::1/128')),
  },
  {
    group: 'kernel',
    name: 'netem',
    required: false,
    instead: "the lab's own wire: it does delay, loss and rate with or without netem",
    run: inNamespace('the qdisc was put on lo', addNetem),
  },
  {
    group: 'kernel',
    name: 'vxlan',
    required: false,
    instead: 'nothing is missed: links of a lab are veth pairs',
    run: withRoute('a device was made', (route) => route.addVxlan({ name: 'a', id: 1 })),
  },
  {
    group: 'kernel',
    name: 'conntrack timeout policies',
    required: false,
    instead: 'timeouts of a whole node (sysctl net.netfilter), which labs use anyway',
    fix: 'CONFIG_NF_CONNTRACK_TIMEOUT, NFT_CT',
    run: () => committed('a policy was committed', timeoutInto),
  },
  {
    group: 'kernel',
    name: 'nft numgen',
    required: false,
    instead: 'nothing: a preset that takes ports one after the other does not load',
    fix: `CONFIG_NFT_NUMGEN: ${update}`,
    run: () => committed('a rule was committed', numgenInto),
  },
  {
    group: 'kernel',
    name: 'nft queue',
    required: false,
    instead: 'nothing is missed: packets are seen through AF_PACKET',
    fix: `CONFIG_NFT_QUEUE: ${update}`,
    run: () => committed('a rule was committed', queueInto),
  },
  {
    group: 'kernel',
    name: 'nft flowtables',
    required: false,
    instead: 'the ordinary forwarding path; rules of your own with a flowtable do not load',
    fix: `CONFIG_NF_FLOW_TABLE, NFT_FLOW_OFFLOAD: ${update}`,
    run: () => committed('a flowtable was committed', flowtableInto),
  },
]

function inNamespace(done: string, act: () => void): () => string {
  return () => {
    using namespace = NetworkNamespace.create()
    namespace.run(act)
    return done
  }
}

function withRoute(done: string, act: (route: Route) => void): () => string {
  return inNamespace(done, () => {
    using route = Route.open()
    act(route)
  })
}

function committed(done: string, define: (table: Table) => void): string {
  using namespace = NetworkNamespace.create()
  using nftables = connect({ namespace })
  const transaction = nftables.transaction({ sources: false })
  define(transaction.table('ip', 'doctor'))
  transaction.commit()
  return done
}

function masqueradeInto(table: Table): void {
  table.chain('out', { type: 'nat', hook: 'postrouting', priority: 'srcnat' }).rule(masquerade())
}

function timeoutInto(table: Table): void {
  table.ctTimeout('short', { protocol: 'udp', policy: { unreplied: 2, replied: 3 } })
}

function numgenInto(table: Table): void {
  table.chain('in', { hook: 'input' }).rule(numgen('incremental', { modulus: 10 }).eq(0), accept())
}

function queueInto(table: Table): void {
  table.chain('in', { hook: 'input' }).rule(meta.l4proto.eq('udp'), queue({ bypass: true }))
}

function flowtableInto(table: Table): void {
  const flowtable = table.flowtable('f', { priority: 0, devices: ['lo'] })
  table.chain('on', { hook: 'forward' }).rule(meta.l4proto.eq('tcp'), offload(flowtable))
}
