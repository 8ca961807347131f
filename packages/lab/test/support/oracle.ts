import { spawnSync } from 'node:child_process'

/** For a test's `skip`: the reason when nft isn't there. Under CI that is a failure of the tests that need it. */
export const withoutNft: string | false =
  process.env.CI !== 'true' && spawnSync('nft', ['--version']).status !== 0 && 'nft is not installed'
