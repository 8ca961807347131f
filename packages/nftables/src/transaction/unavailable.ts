import { EPERM, errnoName } from '@sallyport/linux'

/** No answer is to be had from nf_tables: not in this kernel, or not for this process. */
export class NftablesUnavailable extends Error {
  readonly errno: number
  readonly code: string

  constructor(errno: number, options?: ErrorOptions) {
    super(`nftables: ${errnoName(errno)}: ${errno === EPERM ? noPrivilege : noSupport}`, options)
    this.name = 'NftablesUnavailable'
    this.errno = errno
    this.code = errnoName(errno)
  }
}

const noPrivilege =
  'this process lacks CAP_NET_ADMIN over this network namespace; run it as root (sudo), or in a namespace of its own ' +
  '(unshare --user --map-root-user --net)'

const noSupport = 'this kernel has no nf_tables (CONFIG_NF_TABLES); on most systems `modprobe nf_tables` loads it'

/**
 * What a kernel without nf_tables says: EPROTONOSUPPORT to the socket when it has no nfnetlink, EINVAL or EOPNOTSUPP to
 * a message or batch for a subsystem that it does not have.
 */
const refusals: readonly string[] = ['EPERM', 'EINVAL', 'ENOENT', 'EOPNOTSUPP', 'EPROTONOSUPPORT']

/** Does `fn`, where one of those errors can mean nothing else. */
export function availably<T>(fn: () => T): T {
  try {
    return fn()
  } catch (error) {
    const errno = error instanceof Error && 'errno' in error ? error.errno : undefined
    if (typeof errno === 'number' && refusals.includes(errnoName(errno)))
      throw new NftablesUnavailable(errno, { cause: error })
    throw error
  }
}
