import { NetlinkError, SystemError } from '@sallyport/linux'
import { GenerationChanged, ModelError, NftablesUnavailable, TransactionError } from '@sallyport/nftables'
import { ConfigErrors, NoSuchSetting } from '@sallyport/router'
import { DiscoveryError } from '@sallyport/traversal/discovery'
import { ServerError } from '@sallyport/traversal/service'

/** Errors whose message says it all: what, where, why, and what to do. */
const explained = [
  DiscoveryError,
  GenerationChanged,
  ModelError,
  NetlinkError,
  NftablesUnavailable,
  NoSuchSetting,
  ServerError,
  SystemError,
  TransactionError,
]

/** Says on stderr what is wrong and what to do; a stack trace only for errors that nobody foresaw. Returns the exit code. */
export function report(error: unknown): 1 | 2 {
  if (error instanceof ConfigErrors) {
    for (const each of error.errors) say(each.message)
    return 2
  }
  if (!(error instanceof Error)) say(String(error))
  else say(explained.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message))
  return 1
}

/** One line on stderr for each line of the text. */
export function say(text: string): void {
  for (const line of text.split('\n')) process.stderr.write(`sallyport: ${line}\n`)
}
