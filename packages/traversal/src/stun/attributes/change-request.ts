import { type Attribute, attribute } from '../attribute.ts'

/** From where a server is to answer. */
export interface ChangeRequest {
  readonly address: boolean
  readonly port: boolean
}

const CHANGE_IP = 4
const CHANGE_PORT = 2

/** Asks for an answer from another address or port (RFC 5780 section 7.2). */
export const changeRequest: Attribute<ChangeRequest> = attribute(0x0003, 'CHANGE-REQUEST', {
  encode: ({ address, port }) => Uint8Array.of(0, 0, 0, (address ? CHANGE_IP : 0) | (port ? CHANGE_PORT : 0)),
  decode: (bytes) => {
    if (bytes.length !== 4) return undefined
    return { address: (bytes[3]! & CHANGE_IP) !== 0, port: (bytes[3]! & CHANGE_PORT) !== 0 }
  },
})
