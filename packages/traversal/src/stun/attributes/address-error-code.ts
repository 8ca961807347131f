import { type Attribute, attribute } from '../attribute.ts'
import { type ErrorCode, errorCode } from './error-code.ts'

/** An error about one of two address families. */
export interface AddressErrorCode extends ErrorCode {
  readonly family: 4 | 6
}

/** Why one of two relayed addresses was not given (RFC 8656 section 18.12). */
export const addressErrorCode: Attribute<AddressErrorCode> = attribute(0x8001, 'ADDRESS-ERROR-CODE', {
  encode: ({ family, ...error }, transaction) => {
    const bytes = errorCode.encode(error, transaction)
    bytes[0] = family === 4 ? 1 : 2
    return bytes
  },
  decode: (bytes, transaction) => {
    const error = errorCode.decode(bytes, transaction)
    if (error === undefined || (bytes[0] !== 1 && bytes[0] !== 2)) return undefined
    return { family: bytes[0] === 1 ? 4 : 6, ...error }
  },
})
