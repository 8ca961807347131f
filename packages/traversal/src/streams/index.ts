export { listenAll } from './listeners.ts'
export {
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
