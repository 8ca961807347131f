export * from './nflog.ts'
export { type ConntrackInfo, decodePacket, type LoggedPacket, type LogHook, type PacketAttributes } from './packet.ts'
export * from './payload.ts'
