/**
 * Addresses that a relay has no business with: IANA's registries of special-purpose addresses (RFC 6890 and later), as
 * far as they are not globally reachable, and multicast. With the reason that an operator is told.
 */
export const special: readonly (readonly [prefix: string, what: string])[] = [
  ['0.0.0.0/8', 'this network (RFC 791)'],
  ['10.0.0.0/8', 'private (RFC 1918)'],
  ['100.64.0.0/10', 'shared by carriers (RFC 6598)'],
  ['127.0.0.0/8', 'loopback (RFC 1122)'],
  ['169.254.0.0/16', 'link-local, cloud metadata (RFC 3927)'],
  ['172.16.0.0/12', 'private (RFC 1918)'],
  ['192.0.0.0/24', 'protocol assignments (RFC 6890)'],
  ['192.0.2.0/24', 'documentation (RFC 5737)'],
  ['192.31.196.0/24', 'AS112 (RFC 7535)'],
  ['192.52.193.0/24', 'AMT (RFC 7450)'],
  ['192.88.99.0/24', '6to4 relays (RFC 7526)'],
  ['192.168.0.0/16', 'private (RFC 1918)'],
  ['192.175.48.0/24', 'AS112 (RFC 7534)'],
  ['198.18.0.0/15', 'benchmarks (RFC 2544)'],
  ['198.51.100.0/24', 'documentation (RFC 5737)'],
  ['203.0.113.0/24', 'documentation (RFC 5737)'],
  ['224.0.0.0/4', 'multicast (RFC 5771)'],
  ['240.0.0.0/4', 'reserved, broadcast (RFC 1112)'],
  ['::/3', 'not assigned (RFC 4291)'],
  ['4000::/2', 'not assigned (RFC 4291)'],
  ['8000::/1', 'not assigned (RFC 4291)'],
  ['::/128', 'unspecified (RFC 4291)'],
  ['::1/128', 'loopback (RFC 4291)'],
  ['::/96', 'IPv4-compatible (RFC 4291)'],
  ['::ffff:0:0:0/96', 'IPv4-translated (RFC 2765)'],
  ['64:ff9b:1::/48', 'translation of somebody’s own (RFC 8215)'],
  ['100::/64', 'discard (RFC 6666)'],
  ['100:0:0:1::/64', 'dummy (RFC 9780)'],
  ['2001::/23', 'protocol assignments, Teredo (RFC 2928)'],
  ['2001:db8::/32', 'documentation (RFC 3849)'],
  ['2002::/16', '6to4 (RFC 3056)'],
  ['2001:4:112::/48', 'AS112 (RFC 7535)'],
  ['2620:4f:8000::/48', 'AS112 (RFC 7534)'],
  ['3fff::/20', 'documentation (RFC 9637)'],
  ['5f00::/16', 'segment routing (RFC 9602)'],
  ['fc00::/7', 'unique local (RFC 4193)'],
  ['fe80::/10', 'link-local (RFC 4291)'],
  ['fec0::/10', 'site-local (RFC 3879)'],
  ['ff00::/8', 'multicast (RFC 4291)'],
]

/** Parts of them that are meant to be reached. What a translator's address wraps is looked at by itself. */
export const reachable: readonly (readonly [prefix: string, what: string])[] = [
  ['64:ff9b::/96', 'translated by NAT64 (RFC 6052)'],
]
