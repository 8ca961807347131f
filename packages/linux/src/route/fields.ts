import { formatIp, parseIp } from '../address/ip.ts'
import { type Field, Malformed } from '../bytes/index.ts'

/** Fields of rtnetlink that other protocols don't share. */

/** An IP address as text; its family shows in its length. */
export const ip: Field<string> = {
  write: (out, value) => out.bytes(parseIp(value).bytes),
  read: (bytes) => {
    if (bytes.length !== 4 && bytes.length !== 16) throw new Malformed(`an IP address of ${bytes.length} bytes`)
    return formatIp(bytes)
  },
}

/** A link layer address as text, '02:00:5e:10:00:01'; Ethernet has six bytes, tunnels have others. */
export const hardwareAddress: Field<string> = {
  write: (out, value) => {
    if (!/^([\da-f]{2}(:[\da-f]{2})*)?$/i.test(value)) {
      throw new RangeError(`'${value}' is not a hardware address like 02:00:5e:10:00:01`)
    }
    out.bytes(Buffer.from(value.replaceAll(':', ''), 'hex'))
  },
  read: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':'),
}
