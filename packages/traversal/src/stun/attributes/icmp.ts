import { type Attribute, attribute } from '../attribute.ts'

/** An ICMP error about something that was sent to a peer. */
export interface IcmpError {
  readonly type: number
  readonly code: number
  /** MTU of "too big" errors, else 0. */
  readonly data: number
}

/** Tells the client of an ICMP error that the relay received (RFC 8656 section 18.13). */
export const icmp: Attribute<IcmpError> = attribute(0x8004, 'ICMP', {
  encode: ({ type, code, data }) => {
    const out = new Uint8Array(8)
    const view = new DataView(out.buffer)
    view.setUint16(2, (type << 9) | code) // 7 bits of type, 9 of code
    view.setUint32(4, data)
    return out
  },
  decode: (bytes) => {
    if (bytes.length !== 8) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
    return { type: view.getUint16(2) >> 9, code: view.getUint16(2) & 0x1ff, data: view.getUint32(4) }
  },
})
