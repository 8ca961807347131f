import { formatIp, isIp, parseIp } from '@sallyport/linux'
import { ModelError } from './error.ts'

/** Addresses and names as unsigned integers, first byte most significant: intervals are computed on these. */

export function parseIpv4(text: string): bigint | undefined {
  return parseFamily(text, 4)
}

export function formatIpv4(value: bigint): string {
  return formatIp(bigintToBytes(value, 4))
}

export function parseIpv6(text: string): bigint | undefined {
  return parseFamily(text, 6)
}

export function formatIpv6(value: bigint): string {
  return formatIp(bigintToBytes(value, 16))
}

function parseFamily(text: string, family: 4 | 6): bigint | undefined {
  const address = isIp(text) ? parseIp(text) : undefined
  return address?.family === family ? bytesToBigint(address.bytes) : undefined
}

export function parseEther(text: string): bigint | undefined {
  if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)) return undefined
  return text.split(':').reduce((value, part) => (value << 8n) | BigInt(`0x${part}`), 0n)
}

export function formatEther(value: bigint): string {
  return value
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:')
}

const IFNAMSIZ = 16

/** Interface names as the kernel compares them: 16 bytes, padded with zeros. IFNAMSIZ counts the NUL. */
export function parseInterfaceName(text: string): bigint {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length === 0) throw new ModelError('an interface name cannot be empty')
  if (bytes.length >= IFNAMSIZ) {
    throw new ModelError(`interface name '${text}' has ${bytes.length} bytes`, 'Linux allows 15')
  }
  if (!/^[^\s/:"*\0\\]+$/.test(text)) {
    throw new ModelError(`'${text}' is no interface name`, 'white space and any of / : " * \\ cannot stand in one')
  }
  return bytesToBigint(bytes) << BigInt(8 * (IFNAMSIZ - bytes.length))
}

export function formatInterfaceName(value: bigint): string {
  return Buffer.from(bigintToBytes(value, IFNAMSIZ)).toString('utf8').replace(/\0+$/, '')
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** Big-endian. */
export function bigintToBytes(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = length; at > 0; at -= 4) {
    // Four bytes at a time: arithmetic on small numbers is much faster than on bigints.
    let rest = Number((value >> BigInt(8 * (length - at))) & 0xffffffffn)
    for (let index = at - 1; index >= Math.max(0, at - 4); index -= 1) {
      bytes[index] = rest & 0xff
      rest >>>= 8
    }
  }
  return bytes
}
