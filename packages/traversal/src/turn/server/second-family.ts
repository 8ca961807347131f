import { type Attribute, additionalAddressFamily, type Message } from '../../stun/index.ts'

/** The number that coturn up to 4.6 uses for it, client and server; IANA gave it another one later. */
const coturns: Attribute<4 | 6> = { ...additionalAddressFamily, type: 0x8032 }

/** Is an address of a second family asked for (RFC 8656 section 7.1)? */
export function wantsSecondFamily(message: Message): boolean {
  return message.has(additionalAddressFamily) || message.has(coturns)
}

/** Which; undefined when it is none of the two. */
export function secondFamily(message: Message): 4 | 6 | undefined {
  return message.get(message.has(additionalAddressFamily) ? additionalAddressFamily : coturns)
}
