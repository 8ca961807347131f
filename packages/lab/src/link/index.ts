export type { Duration } from './duration.ts'
export { milliseconds } from './duration.ts'
export * from './options.ts'
export type { Rate } from './rate.ts'
