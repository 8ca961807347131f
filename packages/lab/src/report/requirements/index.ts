import type { Requirement, Rfc } from '../requirement.ts'
import { rfc4787 } from './rfc4787.ts'
import { rfc5382 } from './rfc5382.ts'
import { rfc5508 } from './rfc5508.ts'
import { rfc7857 } from './rfc7857.ts'

export const rfcs: readonly Rfc[] = [4787, 5382, 5508, 7857]

const tables: Readonly<Record<Rfc, readonly Requirement[]>> = {
  4787: rfc4787,
  5382: rfc5382,
  5508: rfc5508,
  7857: rfc7857,
}

export const titles: Readonly<Record<Rfc, string>> = {
  4787: 'UDP',
  5382: 'TCP',
  5508: 'ICMP',
  7857: 'updates to the three',
}

/** Every requirement of the RFCs, in their order. */
export function requirementsOf(wanted: readonly Rfc[] = rfcs): Requirement[] {
  return wanted.flatMap((rfc) => tables[rfc])
}
