export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_ARP = 0x0806
export const ETHERTYPE_IPV6 = 0x86dd

export const ETHERNET_HEADER = 14

/** An Ethernet frame without its frame check sequence, which no socket shows. */
export interface Frame {
  /** '02:00:00:00:00:01' */
  readonly source: string
  readonly destination: string
  /** EtherType. */
  readonly type: number
  readonly payload: Uint8Array
}

/** Undefined for what is shorter than an Ethernet header. The payload is a view. */
export function decodeEthernet(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < ETHERNET_HEADER) return undefined
  return {
    destination: formatMac(bytes.subarray(0, 6)),
    source: formatMac(bytes.subarray(6, 12)),
    type: bytes[12]! * 256 + bytes[13]!,
    payload: bytes.subarray(ETHERNET_HEADER),
  }
}

export function encodeEthernet({ source, destination, type, payload }: Frame): Uint8Array {
  const frame = new Uint8Array(ETHERNET_HEADER + payload.length)
  frame.set(parseMac(destination))
  frame.set(parseMac(source), 6)
  new DataView(frame.buffer).setUint16(12, type)
  frame.set(payload, ETHERNET_HEADER)
  return frame
}

function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

function parseMac(text: string): Uint8Array {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text)) throw new RangeError(`'${text}' is no Ethernet address`)
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16))
}
