import { formatIp, isIp, parseIp, parsePrefix } from '@sallyport/linux'

/** Texts that stand for numbers and addresses. Each gives undefined for what it does not understand. */

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `90s`, `10m`, `1h`, `2d` as seconds. */
export function durationOf(text: string): number | undefined {
  const match = /^(\d{1,9})\s*([smhd])$/.exec(text)
  return match === null ? undefined : Number(match[1]) * SECONDS[match[2]!]!
}

const BITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 }

/** `64k`, `10M`, `1.5G` or a plain number, with or without `bit/s`, as bits per second. */
export function bandwidthOf(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*([kMG]?)(?:bit(?:\/s)?)?$/.exec(text)
  const bits = match === null ? 0 : Number(match[1]) * BITS[match[2]!]!
  return bits >= 1 ? bits : undefined
}

export interface AddressAndPort {
  readonly address: string
  readonly port: number
}

/** `192.0.2.1:3478`, `[2001:db8::1]:3478`, `*:3478`: every address of this machine. */
export function endpointOf(text: string): AddressAndPort | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const address = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (address === undefined || port > 65_535) return undefined
  if (address === '*') return { address, port }
  if (!isIp(address) || address.includes(':') !== (match?.[1] !== undefined)) return undefined
  return { address: canonical(address), port }
}

export function addressOf(text: string): string | undefined {
  return isIp(text) ? canonical(text) : undefined
}

/** An address or a prefix, as it was written. */
export function prefixOf(text: string): string | undefined {
  try {
    parsePrefix(text)
    return text
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** `49152-65535` */
export function portRangeOf(text: string): { readonly min: number; readonly max: number } | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text)
  const [min, max] = [Number(match?.[1]), Number(match?.[2])]
  return min >= 1 && max <= 65_535 && min <= max ? { min, max } : undefined
}

function canonical(address: string): string {
  return formatIp(parseIp(address).bytes)
}
