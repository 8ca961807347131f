export * from './internet.ts'
export { type ModelMapping, type ModelSite, NatModel, type NatModelOptions } from './nat-model.ts'
export {
  type DropReason,
  type ModelPacket,
  type ModelProtocol,
  packetText,
  type TcpFlags,
  type Verdict,
} from './packet.ts'
export { neighbours, type PortPool, portPool } from './ports.ts'
export * from './punch.ts'
export { seeded } from './seeded.ts'
