export { TopologyError } from './check.ts'
export * from './internet.ts'
export * from './topology.ts'
