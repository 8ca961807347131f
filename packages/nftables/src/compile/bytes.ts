import { type Endianness, hostEndianness } from '@sallyport/linux'
import type { Data } from '../expr/index.ts'
import { bigintToBytes } from '../model/address.ts'
import { type ByteOrder, datatype } from '../model/datatype.ts'
import { fieldTypes, type Key, type KeyValue, keyLength, paddedLength } from '../model/key.ts'

/** A number as it lies in a register. `network` for all of them is how sets with intervals compare. */
export function orderedBytes(
  value: bigint,
  length: number,
  order: ByteOrder,
  endianness: Endianness = hostEndianness,
): Uint8Array {
  const bytes = bigintToBytes(value, length)
  return order === 'host' && endianness === 'little' ? bytes.reverse() : bytes
}

export function valueData(value: bigint, length: number, order: ByteOrder): Data {
  return { value: orderedBytes(value, length, order) }
}

/** A single value as one row of registers. */
export function keyBytes(key: Key, value: KeyValue, options: { endianness?: Endianness } = {}): Uint8Array {
  const whole = new Uint8Array(keyLength(key))
  let at = 0
  for (const [index, name] of fieldTypes(key).entries()) {
    const { length, order } = datatype(name)
    whole.set(orderedBytes(value[index]!.first, length, order, options.endianness), at)
    at += paddedLength(name)
  }
  return whole
}
