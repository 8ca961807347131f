import type { Batch } from '@sallyport/nftables'
import type { Change } from './change.ts'

/**
 * When a step takes its place in the batch: what refers goes before what is referred to when it is removed,
 * and after it when it is added.
 */
export const stages = [
  'rules out',
  'elements out',
  'chains out',
  'sets out',
  'table in',
  'objects in',
  'sets in',
  'chains in',
  'elements in',
  'rules in',
] as const
export type Stage = (typeof stages)[number]

/** A change and the messages that carry it out. */
export interface Step {
  readonly stage: Stage
  readonly changes: readonly Change[]
  write(batch: Batch): void
}

/** Steps in the order in which the kernel can accept them; within a stage as they were found. */
export function inOrder(steps: readonly Step[]): Step[] {
  return stages.flatMap((stage) => steps.filter((step) => step.stage === stage))
}
