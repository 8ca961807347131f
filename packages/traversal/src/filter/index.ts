export { addressesWithin, canonical } from './canonical.ts'
export type { RelayPortRange } from './own-address.ts'
export { PeerFilter, type PeerFilterOptions, type PeerVerdict } from './peer-filter.ts'
export { reachable, special } from './special.ts'
