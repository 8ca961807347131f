import { errnoName, Malformed } from '@sallyport/linux'
import { ERANGE } from './errno.ts'

/** What the memory kernel says to a message that it does not take. */
export class Refusal extends Error {
  readonly errno: number
  /** Where the offending attribute begins, in bytes from the start of the message's header. */
  readonly offset: number | undefined

  constructor(errno: number, offset?: number) {
    super(errnoName(errno))
    this.name = 'Refusal'
    this.errno = errno
    this.offset = offset
  }
}

/** The refusal that an error is: of bytes that are no message, as of a policy that was broken. Throws any other error. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof Malformed) return new Refusal(ERANGE)
  throw error
}
