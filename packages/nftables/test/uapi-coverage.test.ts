import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { uapiConstants } from '@sallyport/linux/testing'
import { attributeMacros, namedConstants } from './support/constants.ts'

const headers = ['linux/netfilter/nf_tables.h', 'linux/netfilter/nf_tables_compat.h']

/** What has no place in a codec, and why. */
const exceptions: readonly (readonly [RegExp, string])[] = [
  [/^__|_MAX$|_MAX_?LEN$|MAXNAMELEN$|MAXGENRELEN$|_MAX$/, 'how long or how many: counts of the enum, limits of names'],
  [/^NFT(A)?_\w*_UNSPEC$/, 'zero, which is no attribute'],
  [/^NFTA_\w+_PAD$/, 'padding before 64-bit attributes, of no meaning; read and written as unknown attributes'],
  [/_MASK$|^NFT_CHAIN_FLAGS$|^NFT_FLOWTABLE_MASK$/, 'all flags together'],
  [/^NFT_REG(32)?(_|\d)/, 'numbers of registers stand as they are: 1 to 4, 8 to 23'],
  [/^NFT_DATA_VALUE$/, "the types of data are those of the language; only that of verdicts is the kernel's"],
  [/^NFT_BITWISE_BOOL$|^NFT_META_IFTYPE$/, 'the older name of one that is here'],
  [/^NFTA_(HASH|NG)_SET_(NAME|ID)$/, 'deprecated: the kernel refuses them'],
  [/^NFT_COMPAT_|^NFTA_COMPAT_|^NFNL_MSG_COMPAT_/, 'another subsystem: which extensions of x_tables there are'],
]

const skip =
  headers.every((header) => existsSync(`/usr/include/${header}`)) || process.env.CI === 'true'
    ? false
    : 'the headers are not installed (Debian: linux-libc-dev)'

const ours = new Set([...Object.keys(attributeMacros), ...Object.keys(namedConstants)])

function inHeaders(): string[] {
  const all = headers.flatMap((header) => [...uapiConstants(header).keys()])
  return all.filter((name) => /^(NFTA?|NFNL_MSG_COMPAT)_/.test(name))
}

const excepted = (name: string): boolean => exceptions.some(([pattern]) => pattern.test(name))

test('every enum member of the kernel headers has a codec or a name, or is an exception with a reason', {
  skip,
}, () => {
  const missing = inHeaders().filter((name) => !ours.has(name) && !excepted(name))
  assert.deepEqual(missing, [])
})

test('no exception is there for nothing', { skip }, () => {
  const names = inHeaders().filter((name) => !ours.has(name))
  const idle = exceptions.filter(([pattern]) => !names.some((name) => pattern.test(name)))
  assert.deepEqual(idle, [])
})
