import { littleEndian } from '@sallyport/linux'
import type { Data } from '../expr/index.ts'
import { bigintToBytes } from '../model/address.ts'
import { type ByteOrder, datatype } from '../model/datatype.ts'
import { fieldTypes, type Key, type KeyValue, keyLength, paddedLength } from '../model/key.ts'

/** A number as it lies in a register. `network` for all of them is how sets with intervals compare. */
export function orderedBytes(value: bigint, length: number, order: ByteOrder): Uint8Array {
  const bytes = bigintToBytes(value, length)
  return order === 'host' && littleEndian ? bytes.reverse() : bytes
}

export function valueData(value: bigint, length: number, order: ByteOrder): Data {
  return { value: orderedBytes(value, length, order) }
}

/** A key as one row of registers; `end` picks the last value of each interval. `sorted`: all in network order. */
export function keyBytes(key: Key, value: KeyValue, options: { end?: boolean; sorted?: boolean } = {}): Uint8Array {
  const whole = new Uint8Array(keyLength(key))
  let at = 0
  for (const [index, name] of fieldTypes(key).entries()) {
    const { length, order } = datatype(name)
    const interval = value[index]!
    const number = options.end ? interval.last : interval.first
    whole.set(orderedBytes(number, length, options.sorted ? 'network' : order), at)
    at += paddedLength(name)
  }
  return whole
}
