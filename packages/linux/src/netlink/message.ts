import {
  type Codec,
  type Endianness,
  type Field,
  hostEndianness,
  keepLayout,
  Malformed,
  readAtOf,
  Writer,
} from '../bytes/index.ts'

/** A struct of fixed length in front of the attributes: struct ifinfomsg, struct nfgenmsg. */
export interface FixedHeader<T> extends Field<T> {
  readonly name: string
  readonly size: number
}

/** Where each property of a fixed header lies, and what it is. */
export type Layout<T> = { readonly [K in keyof T]-?: readonly [offset: number, field: Field<T[K]>] }

/** A fixed header from one table, in the order of offsets; gaps and the rest up to `size` are zeros. */
export function fixedHeader<T extends object>(name: string, size: number, layout: Layout<T>): FixedHeader<T> {
  const rows = Object.entries(layout as Record<string, readonly [number, Field<unknown>]>)
  const readers = rows.map(([key, [at, field]]) => [key, readAtOf(field), at] as const)
  const pad = (out: Writer, until: number): void => {
    while (out.length < until) out.u8(0)
  }
  return {
    name,
    size,
    write: (out, value) => {
      const start = out.length
      for (const [key, [offset, field]] of rows) {
        pad(out, start + offset)
        field.write(out, (value as Record<string, unknown>)[key])
      }
      pad(out, start + size)
    },
    read: (bytes, endianness = hostEndianness) => {
      if (bytes.length < size) throw new Malformed(`${bytes.length} bytes where struct ${name} has ${size}`)
      const value: Record<string, unknown> = {}
      for (const [key, readAt, at] of readers) value[key] = readAt(bytes, at, size, endianness)
      return value as T
    },
  }
}

/** The body of a message: a fixed header, then attributes; one flat object on our side. */
export function message<H extends object, T extends object>(
  name: string,
  header: FixedHeader<H>,
  attributes: Codec<T>,
): Codec<H & T> {
  const start = (header.size + 3) & ~3 // NLMSG_ALIGN
  const write = (out: Writer, value: H & T): void => {
    header.write(out, value)
    out.align(4)
    attributes.write(out, value)
  }
  const read = (bytes: Uint8Array, endianness?: Endianness): H & T => {
    const head = header.read(bytes, endianness)
    const list = attributes.read(bytes.subarray(start), endianness)
    return keepLayout({ ...head, ...list }, list)
  }
  return {
    name,
    write,
    read,
    encode: (value, options) => {
      const out = new Writer(256, options)
      write(out, value)
      return out.finish()
    },
    decode: read,
    ...(attributes.macros && { macros: attributes.macros }),
    ...(attributes.allMacros && { allMacros: attributes.allMacros }),
    pathAt: (bytes, offset) =>
      offset < start ? [header.name] : attributes.pathAt(bytes.subarray(start), offset - start),
  }
}
