export { load } from './load.ts'
export { masquerade, symmetric } from './masquerade.ts'
export { type Ports, type PortTriggering, portTriggering } from './port-triggering.ts'
