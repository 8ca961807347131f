import { Malformed, type Writer } from '@sallyport/linux'

/** An option of a pcapng block (draft-ietf-opsawg-pcapng section 3.5): a code and its bytes. */
export type Option = readonly [code: number, value: Uint8Array]

const OPT_ENDOFOPT = 0
/** Text for people, in any block, any number of times. */
export const OPT_COMMENT = 1

const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true })
/** The length of an option has 16 bits. */
const LONGEST = 0xffff

/** Text that is too long for an option is cut at a whole character, and says so. */
export function textOption(code: number, text: string): Option {
  const bytes = utf8.encode(text)
  if (bytes.length <= LONGEST) return [code, bytes]
  const room = new Uint8Array(LONGEST - 3)
  const { written } = utf8.encodeInto(text, room)
  return [code, Buffer.concat([room.subarray(0, written), utf8.encode('…')])]
}

/** Writes options, and the end of them when there are some: a block without options has none. */
export function writeOptions(out: Writer, options: readonly Option[]): void {
  if (options.length === 0) return
  for (const [code, value] of options) {
    out.u16(code)
    out.u16(value.length)
    out.bytes(value)
    out.align(4)
  }
  out.u16(OPT_ENDOFOPT)
  out.u16(0)
}

/** Reads what {@link writeOptions} wrote; throws {@link Malformed} when an option goes beyond the block. */
export function readOptions(view: DataView, start: number, little: boolean): Option[] {
  const options: Option[] = []
  for (let at = start; at + 4 <= view.byteLength; ) {
    const [code, length] = [view.getUint16(at, little), view.getUint16(at + 2, little)]
    if (code === OPT_ENDOFOPT) return options
    if (at + 4 + length > view.byteLength) throw new Malformed(`option ${code} of ${length} bytes does not fit`)
    options.push([code, new Uint8Array(view.buffer, view.byteOffset + at + 4, length)])
    at += 4 + padded(length)
  }
  return options
}

/** The text of the first option of that code; undefined: there is none. */
export function textOf(options: readonly Option[], code: number): string | undefined {
  return textsOf(options, code)[0]
}

/** The texts of all options of that code. Throws {@link Malformed} for what is no UTF-8. */
export function textsOf(options: readonly Option[], code: number): string[] {
  return valuesOf(options, code).map((value) => {
    try {
      return strict.decode(value)
    } catch {
      throw new Malformed(`option ${code} is no UTF-8`)
    }
  })
}

export function valuesOf(options: readonly Option[], code: number): Uint8Array[] {
  return options.filter(([each]) => each === code).map(([, value]) => value)
}

/** Everything in pcapng begins at a multiple of four bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3
}
