export { sandbox } from '@sallyport/linux'
export type { Port } from './build/fabric.ts'
export type { ExecOptions, Outcome } from './build/processes.ts'
export {
  Capture,
  type CaptureFile,
  type CaptureOptions,
  capture,
  type ReadPacket,
  readPcapng,
} from './capture/index.ts'
export * from './demo/index.ts'
export * from './doctor/index.ts'
export * from './expect/index.ts'
export * from './follow/index.ts'
export { NAT64_PREFIX, nat64Address } from './ipv6/index.ts'
export { Lab, type LabFabric, type LabOptions } from './lab.ts'
export * from './link/index.ts'
export * from './measure/index.ts'
export {
  ModelInternet,
  type ModelPacket,
  NatModel,
  type SimulatedPunch,
  type SimulatedPunchOptions,
  simulatePunch,
  type Verdict as ModelVerdict,
} from './model/index.ts'
export * from './nat/index.ts'
export { Network } from './network.ts'
export { LabNode, type Place, type TcpConnectOptions, type TcpListenOptions, type UdpOptions } from './node.ts'
export * from './picture/index.ts'
export * from './proof/index.ts'
export * from './punch/index.ts'
export * from './registry/index.ts'
export * from './report/index.ts'
export {
  type CaseChange,
  type CaseResult,
  diffResults,
  parseResults,
  printJunit,
  printResults,
  type Results,
  ResultsError,
  renderDiff,
  type Tally,
  tally,
  type Verdict as CaseVerdict,
} from './results/index.ts'
export { LabRouter, type Renumbering } from './router.ts'
export * from './text/index.ts'
export * from './topology/index.ts'
export * from './traffic/index.ts'
export {
  LiveView,
  type LiveViewOptions,
  Observer,
  type ObserverOptions,
  renderView,
  type Screen,
  type ViewSize,
  type ViewSource,
  type ViewState,
} from './view/index.ts'
export type { CableCounters, Direction, Happening, LinkCounters } from './wire/index.ts'
