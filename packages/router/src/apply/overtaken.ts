import { GenerationChanged, TransactionError } from '@sallyport/nftables'

/**
 * Did the kernel move on between the look and the commit? Somebody else has committed; or a learned element that was
 * to be forgotten has timed out by itself, which makes no generation. Either way another look says what is to be done.
 */
export function isOvertaken(error: unknown): boolean {
  if (error instanceof GenerationChanged) return true
  if (!(error instanceof TransactionError) || error.failures.length === 0) return false
  return error.failures.every(({ message, code }) => message === 'delsetelem' && code === 'ENOENT')
}
