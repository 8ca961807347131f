/** STUN (RFC 8489): what a program that asks where it is seen needs, and the codec. */
export * from '../stun/index.ts'
export { BindError, type Binding, type BindOptions, bind } from './bind.ts'
export type { ServerName, ServerTransport } from './server-name.ts'
