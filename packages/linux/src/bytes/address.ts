import { formatIp, parseIp } from '../address/ip.ts'
import { type Field, Malformed } from './field.ts'

/** An IPv4 address, 4 bytes, as dotted text. */
export const ipv4: Field<string> = address(4, 'IPv4')

/** An IPv6 address, 16 bytes, as text in the form of RFC 5952. */
export const ipv6: Field<string> = address(16, 'IPv6')

function address(length: number, family: string): Field<string> {
  return {
    write: (out, value) => {
      const { bytes } = parseIp(value)
      if (bytes.length !== length) throw new RangeError(`'${value}' is no ${family} address`)
      out.bytes(bytes)
    },
    read: (bytes) => {
      if (bytes.length !== length) {
        throw new Malformed(`${bytes.length} bytes where an ${family} address has ${length}`)
      }
      return formatIp(bytes)
    },
  }
}
