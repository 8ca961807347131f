import { ModelError } from './error.ts'

/** NFT_NAME_MAXLEN of nf_tables.h counts the NUL. */
const NAME_MAXLEN = 256

/**
 * Words that Debian's nft 1.0.6 does not read as the name of a table, chain, set or counter. The kernel would take
 * them, and `nft list ruleset | nft -f -` would then fail. Found by giving each word of its scanner to `nft -c`.
 */
const reserved: ReadonlySet<string> = new Set(
  `
  accept add ah all and arp auto-merge bridge cgroup chain comment comp constant continue counter cpu create
  ct day dccp define delete describe device devices dnat drop dst dup dynamic ecn element elements eq esp
  ether exists expires export exthdr fib flags flow flowtable flush frag fwd gc-interval ge goto gt handle hbh
  hook hour ibriport ibrname icmp icmpv6 igmp iif iifgroup iifname iiftype import include index inet insert
  interval ip ip6 ipsec jhash jump le limit list ll log lt map mark masquerade meta meter mh missing monitor
  ne netdev nftrace nh not notrack numgen obriport obrname offload oif oifgroup oifname oiftype or osf pkttype
  policy position priority queue quota random redirect reject rename replace reset return rt rt0 rt2 rtclassid
  rule ruleset sctp secmark set size skgid skuid snat socket srh symhash synproxy table tcp th time timeout
  tproxy type typeof udp udplite undefine vlan vmap xor xt
`
    .trim()
    .split(/\s+/),
)

/** Refuses names that the kernel or the nft language does not take. `kind`: 'chain', 'set', … for the message. */
export function checkName(kind: string, name: string): void {
  if (Buffer.byteLength(name) >= NAME_MAXLEN) {
    throw new ModelError(
      `${kind} name of ${Buffer.byteLength(name)} bytes ('${name.slice(0, 20)}…')`,
      'the kernel allows 255',
    )
  }
  if (!/^[a-z_][a-z0-9/_.-]*$/i.test(name)) {
    throw new ModelError(
      `'${name}' is no ${kind} name`,
      'it begins with a letter or _ and goes on with letters, digits, / - _ .',
    )
  }
  if (reserved.has(name)) {
    throw new ModelError(
      `${kind} name '${name}' is a word of the nft language`,
      `nft could not read it back; say '${name}_' or the like`,
    )
  }
}

/** NFTNL_UDATA_COMMENT_MAXLEN: 128 bytes with the NUL. */
const COMMENT_MAXLEN = 128

/** Refuses comments that nft cannot store or print. */
export function checkComment(comment: string): void {
  if (Buffer.byteLength(comment) >= COMMENT_MAXLEN) {
    throw new ModelError(`comment of ${Buffer.byteLength(comment)} bytes`, 'nft stores 127')
  }
  if (/["\n\0]/.test(comment))
    throw new ModelError('comment with a quote or a line break', 'nft has no escape for them')
}
