/** A lab as a tree to look at: what hangs below what, and what is said about each. */
export interface Picture {
  readonly kind: 'internet' | 'network' | 'router' | 'host' | 'server' | 'again'
  readonly name: string
  /** What a router's NAT is, in a word or a few: 'symmetric', 'endpoint-independent/address-dependent'. */
  readonly nat?: string
  /** Addresses with their interfaces: 'wan 203.0.113.2/24'; empty until it is built. */
  readonly addresses: readonly string[]
  /** The link up to what it hangs below: '20ms, loss 1 %, 50mbit'; '' for a plain cable. */
  readonly link: string
  readonly below: readonly Picture[]
}
