import { littleEndian } from '@sallyport/linux'
import type { Data } from '../expr/index.ts'

/** Register content as nft prints it: words of 32 bits in host byte order, the last one filled up with zeros. */
export function debugBytes(bytes: Uint8Array): string {
  const padded = new Uint8Array((bytes.length + 3) & ~3)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  const words = Array.from({ length: padded.length / 4 }, (_, index) => view.getUint32(index * 4, littleEndian))
  return words.map((word) => `0x${word.toString(16).padStart(8, '0')}`).join(' ')
}

export function debugData(data: Data | undefined): string {
  if (data === undefined) return ''
  if (data.verdict === undefined) return debugBytes(data.value)
  const { code, chain, chainId } = data.verdict
  const target = chain ?? (chainId === undefined ? undefined : `#${chainId}`)
  return target === undefined ? code : `${code} -> ${target}`
}

/** The bits of a list of flags; those without a name are in the list as numbers. */
export function maskOf(flags: readonly string[] | undefined, names: Readonly<Record<string, number>>): number {
  return (flags ?? []).reduce((mask, flag) => (mask | (names[flag] ?? Number(flag))) >>> 0, 0)
}

/** `0x2` */
export function hex(number: number): string {
  return `0x${number.toString(16)}`
}

/** The words that are there, with a space between them. */
export function words(...parts: readonly (string | number | bigint | false | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ')
}

/** `name value`, when there is a value. */
export function optional(name: string, value: string | number | bigint | undefined): string | undefined {
  return value === undefined ? undefined : `${name} ${value}`
}
