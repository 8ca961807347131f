import { generateKeyPairSync, sign } from 'node:crypto'
import type { Certificate } from '../../../src/streams/index.ts'

/** A certificate that signs itself (RFC 5280 section 4.1), for `127.0.0.1` and `localhost`; valid from 2020 to 2049. */
export function selfSigned(commonName: string): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = sequence(set(sequence(oid(0x55, 4, 3), der(0x0c, Buffer.from(commonName))))) // 2.5.4.3 commonName
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2)) // 1.2.840.10045.4.3.2 ecdsa-with-SHA256
  const names = sequence(der(0x87, Buffer.from([127, 0, 0, 1])), der(0x82, Buffer.from('localhost')))
  const alternative = sequence(oid(0x55, 0x1d, 0x11), der(0x04, names)) // 2.5.29.17 subjectAltName
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serialNumber
    algorithm,
    name,
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('490101000000Z'))),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(alternative)),
  )
  const signature = der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]))
  return {
    cert: pem('CERTIFICATE', sequence(body, algorithm, signature)),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}

/** Tag, length, value (ITU-T X.690). */
function der(tag: number, value: Uint8Array): Buffer {
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}

function sequence(...values: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(values))
}

function set(...values: readonly Uint8Array[]): Buffer {
  return der(0x31, Buffer.concat(values))
}

function oid(...bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function pem(what: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN ${what}-----\n${lines}\n-----END ${what}-----\n`
}
