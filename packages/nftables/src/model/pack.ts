import type { TypeName } from './datatype.ts'

/**
 * The keys that large sets are made of, from text or number straight to bytes: no object, no bigint for each. Writes
 * nothing and returns false for everything else, which the general parser then reads or refuses.
 */
export function packText(type: TypeName, input: unknown, into: Uint8Array, at: number): boolean {
  if (type === 'ipv4_addr') return typeof input === 'string' && packIpv4(input, into, at)
  if (type === 'ipv6_addr') return typeof input === 'string' && packIpv6(input, into, at)
  if (type === 'inet_service') return typeof input === 'number' && packPort(input, into, at)
  return false
}

const DOT = 0x2e
const ZERO = 0x30
const COLON = 0x3a

function packIpv4(text: string, into: Uint8Array, at: number): boolean {
  let address = 0
  let part = -1 // no digit yet
  let parts = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === DOT && part >= 0) {
      address = address * 256 + part
      part = -1
      parts += 1
      continue
    }
    const digit = code - ZERO
    if (digit < 0 || digit > 9 || part === 0) return false // '010' could be meant as octal
    part = part < 0 ? digit : part * 10 + digit
    if (part > 255) return false
  }
  if (parts !== 3 || part < 0) return false
  writeUint32(into, at, address * 256 + part)
  return true
}

function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24
  into[at + 1] = value >>> 16
  into[at + 2] = value >>> 8
  into[at + 3] = value
}

/** RFC 4291 §2.2, without the form that ends in an IPv4 address. */
function packIpv6(text: string, into: Uint8Array, at: number): boolean {
  let groups = 0
  let gap = -1 // how many groups stand before `::`
  let index = 0
  if (text.startsWith('::')) {
    gap = 0
    index = 2
  }
  while (index < text.length) {
    let value = 0
    const start = index
    for (; index < text.length && text.charCodeAt(index) !== COLON; index++) {
      const digit = hexDigit(text.charCodeAt(index))
      if (digit < 0) return false
      value = value * 16 + digit
    }
    if (index === start || index - start > 4 || groups === 8) return false
    group[groups++] = value
    if (index === text.length) break
    index += 1
    if (index === text.length) return false // ends in a single colon
    if (text.charCodeAt(index) !== COLON) continue
    if (gap >= 0) return false
    gap = groups
    index += 1
  }
  if (gap < 0 ? groups !== 8 : groups > 7) return false
  writeGroups(into, at, groups, gap < 0 ? groups : gap)
  return true
}

/** Of the address that is being read. */
const group = new Uint16Array(8)

function writeGroups(into: Uint8Array, at: number, count: number, gap: number): void {
  into.fill(0, at, at + 16)
  for (let index = 0; index < count; index++) {
    const place = at + 2 * (index < gap ? index : 8 - count + index)
    into[place] = group[index]! >>> 8
    into[place + 1] = group[index]!
  }
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= 0x39) return code - ZERO
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

function packPort(port: number, into: Uint8Array, at: number): boolean {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) return false
  into[at] = port >>> 8
  into[at + 1] = port
  return true
}
