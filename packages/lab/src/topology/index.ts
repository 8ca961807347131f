export { TopologyError } from './check.ts'
export * from './topology.ts'
