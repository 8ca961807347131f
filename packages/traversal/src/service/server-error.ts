/** Why a server does not start or goes on no more: a sentence for its operator. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
}

/** What another layer complained of, as such a sentence. */
export function serverError(error: unknown): ServerError {
  if (error instanceof ServerError) return error
  return new ServerError(error instanceof Error ? error.message : String(error), { cause: error })
}
