export {
  type Certificate,
  defaultStreamLimits,
  type StreamAddress,
  type StreamLimits,
  type StreamRelay,
  type StreamSettings,
} from './settings.ts'
export { StreamServer } from './stream-server.ts'
