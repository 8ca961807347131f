import { isDeepStrictEqual } from 'node:util'
import { type Codec, keepLayout, memoryOf, remember, type Writer } from '@sallyport/linux'

/** The same codec for a friendlier form of its values. Of what was read, the order of the attributes is remembered. */
export function translated<Wire extends object, T extends object>(
  codec: Codec<Wire>,
  toWire: (value: T) => Wire,
  fromWire: (wire: Wire) => T,
): Codec<T> {
  const inward = (value: T): Wire => keepLayout(toWire(value), value)
  const outward = (wire: Wire): T => keepLayout(fromWire(wire), wire)
  return {
    ...codec,
    write: (out, value) => codec.write(out, inward(value)),
    encode: (value, options) => codec.encode(inward(value), options),
    read: (bytes, endianness) => outward(codec.read(bytes, endianness)),
    decode: (bytes, endianness) => outward(codec.decode(bytes, endianness)),
  }
}

/**
 * {@link translated}, for forms that say less than the wire does (one device named twice, a flag that goes without
 * saying): a value that was read and not changed is written from what it was made of.
 */
export function exactly<Wire extends object, T extends object>(
  codec: Codec<Wire>,
  toWire: (value: T) => Wire,
  fromWire: (wire: Wire) => T,
): Codec<T> {
  const outward = (wire: Wire): T => remember(fromWire(wire), { source: wire })
  const inward = (value: T, afresh: boolean): Wire => {
    const source = memoryOf(value)?.source as Wire | undefined
    if (source === undefined || afresh) return toWire(value)
    return isDeepStrictEqual(fromWire(source), value) ? source : keepLayout(toWire(value), source)
  }
  return {
    ...codec,
    write: (out: Writer, value: T) => codec.write(out, inward(value, out.afresh)),
    encode: (value, options) => codec.encode(inward(value, options?.afresh === true), options),
    read: (bytes, endianness) => outward(codec.read(bytes, endianness)),
    decode: (bytes, endianness) => outward(codec.decode(bytes, endianness)),
  }
}
