/** TURN (RFC 8656): a relay like a socket, and both sides of the protocol as machines. */
export { PeerFilter, type PeerFilterOptions, type PeerVerdict } from '../filter/index.ts'
export * from '../turn/client/index.ts'
/** A relay's port at the server; `Relay` is what a client has. */
export type { Relay as RelayPort } from '../turn/server/index.ts'
export * from '../turn/server/index.ts'
export { type AllocateOptions, type AllocateSettings, allocate, type CredentialsSource } from './allocate.ts'
export { Relay, type RelayEvents } from './relay.ts'
export type { ServerName, ServerTransport } from './server-name.ts'
