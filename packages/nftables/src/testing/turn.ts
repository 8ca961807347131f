import { EINVAL, ENOENT, EPERM } from '@sallyport/linux'
import type { Behaviour } from './behaviour.ts'
import type { Journal } from './journal.ts'
import type { Request } from './request.ts'
import type { Table, World } from './world.ts'

/** What the handler of a message has at hand. */
export interface Turn {
  readonly world: World
  readonly journal: Journal
  readonly behaviour: Behaviour
  readonly request: Request
  /** Milliseconds of the kernel's clock. */
  readonly now: bigint
}

/** The table that attribute `type` names, in the family of the message. */
export function tableOf({ world, request }: Turn, type: number): Table {
  const name = request.text(type)
  const table = world.tables.find((each) => each.name === name && each.family === request.family)
  if (name === undefined) throw request.refusal(EINVAL, type)
  if (table === undefined) throw request.refusal(ENOENT, type)
  if (table.owner !== 0 && table.owner !== request.portId) throw request.refusal(EPERM, type)
  return table
}
