export { listenAll } from './listeners.ts'
export {
  type ClientLimits,
  defaultStreamLimits,
  type StreamAddress,
  type StreamLimits,
  type StreamListener,
  type StreamRelay,
  type StreamSettings,
  type TlsSide,
} from './settings.ts'
export { StreamServer } from './stream-server.ts'
export { type Certificate, TlsGate } from './tls-gate.ts'
