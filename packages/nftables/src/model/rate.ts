import { ModelError } from './error.ts'

export type RateUnit = 'second' | 'minute' | 'hour' | 'day' | 'week'

/** Seconds. */
export const rateUnits: Readonly<Record<RateUnit, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
}

/** So many packets, or bytes, per unit of time. */
export interface RateInput {
  readonly packets?: number
  readonly bytes?: number
  readonly per: RateUnit
  /** At once beyond the rate, in packets or bytes. Default: 5 packets, no bytes. */
  readonly burst?: number
  /** Holds for what is beyond the rate instead of what is within. */
  readonly over?: boolean
}

export interface Rate {
  readonly of: 'packets' | 'bytes'
  readonly rate: number
  readonly per: RateUnit
  readonly burst: number
  readonly over: boolean
}

export function parseRate({ packets, bytes, per, burst, over = false }: RateInput): Rate {
  const rate = packets ?? bytes
  if (rate === undefined || (packets !== undefined && bytes !== undefined)) {
    throw new ModelError('a rate is of packets or of bytes', "write { packets: 5, per: 'second' }")
  }
  if (!Number.isSafeInteger(rate) || rate < 1) throw new ModelError(`rate ${rate}`, 'give a whole number from 1 on')
  if (!Object.hasOwn(rateUnits, per)) throw new ModelError(`'${per}' is not a unit`, Object.keys(rateUnits).join(', '))
  const most = burst ?? (packets === undefined ? 0 : 5)
  if (!Number.isInteger(most) || most < 0 || most > 0xffffffff) throw new ModelError(`burst ${most} is out of range`)
  return { of: packets === undefined ? 'bytes' : 'packets', rate, per, burst: most, over }
}

/** As nft writes it, without the word `limit`. */
export function formatRate({ of, rate, per, burst, over }: Rate): string {
  const amount = of === 'packets' ? `${rate}/${per}` : `${rate} bytes/${per}`
  const tail = of === 'bytes' && burst === 0 ? '' : ` burst ${burst} ${of}`
  return `rate ${over ? 'over ' : ''}${amount}${tail}`
}
