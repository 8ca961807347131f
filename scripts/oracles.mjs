// The Debian packages that tests and benchmarks compare us with: which are missing, and their installation as root.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** An ordinary user's PATH on Debian lacks these, and nft lives there. */
const administratorsPath = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * Each entry: the Debian package, the program or file that shows it is installed, and what it is needed for. With
 * `"for": "bench"` only benchmarks need it.
 */
export const oracles = JSON.parse(readFileSync(new URL('./oracles.json', import.meta.url), 'utf8'))

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // not there, or not for us: either way it cannot be used
  }
}

function isPresent(shownBy) {
  if (isAbsolute(shownBy)) return existsSync(shownBy)
  const path = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...path, ...administratorsPath].some((directory) => isExecutable(join(directory, shownBy)))
}

/** Those that only benchmarks use are asked for only by them. */
export function missingOracles({ peers = false } = {}) {
  return oracles.filter((oracle) => !isPresent(oracle.shownBy) && (peers || oracle.for !== 'bench'))
}

function aptGet(...args) {
  const options = ['--yes', '--quiet=2', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120']
  return spawnSync('apt-get', [...options, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/** Errors are shown, the chatter of a successful installation is not. Returns what went wrong, if anything did. */
function install(names) {
  const update = aptGet('update')
  const result = aptGet('install', ...names)
  if (result.status === 0) return undefined
  const said = [update, result].map(({ error, stdout, stderr }) => error?.message ?? `${stdout}${stderr}`)
  return said.join('').trim()
}

/**
 * Installs what is missing when we may. What stays missing is said and is no error here: the tests that need it skip
 * by name, or fail when CI=true.
 */
export function provideOracles(missing, say) {
  if (missing.length === 0) return
  const names = missing.map((oracle) => oracle.package)
  if (process.getuid() !== 0) {
    say(
      `not installed: ${names.join(', ')}. Tests that need them are skipped by name; \`npm test\` as root installs them.`,
    )
    return
  }
  say(`installing ${names.join(', ')} (apt-get)`)
  const problem = install(names)
  if (problem !== undefined) say(`apt-get could not install ${names.join(', ')}:\n${problem}`)
}
