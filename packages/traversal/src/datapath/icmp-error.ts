import type { DatagramError } from '@sallyport/linux'
import type { IcmpError } from '../stun/index.ts'

/** An ICMP error as TURN tells it: the MTU of those that have one, and nothing else of it (RFC 8656 section 18.13). */
export function icmpOf({ family, type, code, info }: DatagramError): IcmpError {
  const tooBig = family === 4 ? type === 3 && code === 4 : type === 2
  return { type, code, data: tooBig ? info : 0 }
}
