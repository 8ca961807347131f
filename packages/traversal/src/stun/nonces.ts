import { timingSafeEqual } from 'node:crypto'
import { Hmac } from './hmac.ts'
import type { Endpoint } from './values.ts'

/** Whom a nonce is for. */
export interface NonceHolder extends Endpoint {
  /** It may be shown from other ports of the address, too; default false. */
  readonly anyPort?: boolean
}

export interface NoncesOptions {
  /** Of the server alone, random, 32 bytes. Servers that share it take each other's nonces. */
  readonly secret: Uint8Array
  /** Seconds that a nonce is good for. */
  readonly lifetime: number
}

/** Characters of the stamp: 40 bits of seconds since 1970, 16 of the port. */
const STAMP = 10
/** Characters of the seal: 96 bits. */
const SEAL = 16

/**
 * Nonces that need no memory (RFC 8489 section 9.2.4): behind their cookie stand the time they were made, the client's
 * port, and a seal over both and the client's address. No two clients get the same one, also where one of them may be
 * shown from all ports of an address. The time, `now`, is milliseconds since 1970.
 */
export class Nonces {
  readonly #hmac: Hmac
  readonly #lifetime: number

  constructor({ secret, lifetime }: NoncesOptions) {
    this.#hmac = new Hmac('sha256', secret)
    this.#lifetime = lifetime
  }

  make(cookie: string, { address, port }: Endpoint, now: number): string {
    const stamp = writeStamp(Math.floor(now / 1000), port)
    return `${cookie}${stamp}${this.#seal(stamp, address)}`
  }

  /** Whether we made it, with that cookie, for that client, and not too long ago. */
  isFresh(nonce: string, cookie: string, { address, port, anyPort = false }: NonceHolder, now: number): boolean {
    const end = cookie.length + STAMP
    if (nonce.length !== end + SEAL || !nonce.startsWith(cookie)) return false
    const stamp = nonce.slice(cookie.length, end)
    const seal = Buffer.from(nonce.slice(end), 'latin1')
    if (!timingSafeEqual(seal, Buffer.from(this.#seal(stamp, address), 'latin1'))) return false
    const made = readStamp(stamp)
    const age = now / 1000 - made.seconds
    return (anyPort || made.port === port) && age >= -1 && age <= this.#lifetime
  }

  #seal(stamp: string, address: string): string {
    const seal = this.#hmac.digest(Buffer.from(`${stamp} ${address}`, 'latin1'))
    return Buffer.from(seal.subarray(0, (SEAL * 3) / 4)).toString('base64url')
  }
}

function writeStamp(seconds: number, port: number): string {
  const bytes = Buffer.alloc(7)
  bytes.writeUIntBE(seconds, 0, 5)
  bytes.writeUInt16BE(port, 5)
  return bytes.toString('base64url')
}

function readStamp(text: string): { readonly seconds: number; readonly port: number } {
  const bytes = Buffer.from(text, 'base64url')
  return { seconds: bytes.readUIntBE(0, 5), port: bytes.readUInt16BE(5) }
}
