import { NLA_F_NESTED, Writer, writeAttribute } from '@sallyport/linux'

// Attributes as the kernel writes them into its answers.

export function putBytes(out: Writer, type: number, value: Uint8Array | undefined): void {
  if (value !== undefined) writeAttribute(out, type, (inner) => inner.bytes(value))
}

/** NUL-terminated. */
export function putText(out: Writer, type: number, value: string): void {
  writeAttribute(out, type, (inner) => {
    inner.bytes(Buffer.from(value, 'utf8'))
    inner.u8(0)
  })
}

export function putU32(out: Writer, type: number, value: number): void {
  writeAttribute(out, type, (inner) => inner.u32be(value >>> 0))
}

export function putU64(out: Writer, type: number, value: bigint): void {
  writeAttribute(out, type, (inner) => inner.u64be(value))
}

export function putNest(out: Writer, type: number, content: (inner: Writer) => void): void {
  writeAttribute(out, type | NLA_F_NESTED, content)
}

export function bytesOf(write: (out: Writer) => void): Uint8Array {
  const out = new Writer()
  write(out)
  return out.finish()
}

export function u32Bytes(value: number): Uint8Array {
  return bytesOf((out) => out.u32be(value >>> 0))
}

export function u64Bytes(value: bigint): Uint8Array {
  return bytesOf((out) => out.u64be(value))
}
