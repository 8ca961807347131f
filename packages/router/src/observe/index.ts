export { type PortEvent, type PortEventType, type RouterEvent, RouterEvents } from './events.ts'
export { readStatus, type Status } from './status.ts'
