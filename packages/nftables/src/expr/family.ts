/** NFPROTO_* of linux/netfilter.h under the names of the nft language. */
export const families = {
  inet: 1, // NFPROTO_INET
  ip: 2, // NFPROTO_IPV4
  arp: 3, // NFPROTO_ARP
  netdev: 5, // NFPROTO_NETDEV
  bridge: 7, // NFPROTO_BRIDGE
  ip6: 10, // NFPROTO_IPV6
} as const
export type Family = keyof typeof families
