// The Debian packages that tests and benchmarks compare us with: which are missing, and their installation as root.
import { spawnSync } from 'node:child_process'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { delimiter, dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules')
/** In the PATH of every npm script. */
const programs = join(modules, '.bin')
/** Where packages are unpacked whose installation would start a service. */
const cache = join(modules, '.cache', 'oracles')

/** An ordinary user's PATH on Debian lacks these, and nft lives there. */
const administratorsPath = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * Each entry: the Debian package, the program or file that shows it is installed, and what it is needed for. With
 * `"for": "bench"` only benchmarks need it. With `"unpacked": true` it is a server whose installation would enable and
 * start a service on this machine: its files are unpacked below node_modules instead, none of its scripts run, and
 * only the libraries that it needs are installed.
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
  return [...path, ...administratorsPath, programs].some((directory) => isExecutable(join(directory, shownBy)))
}

/** Those that only benchmarks use are asked for only by them. */
export function missingOracles({ peers = false } = {}) {
  return oracles.filter((oracle) => !isPresent(oracle.shownBy) && (peers || oracle.for !== 'bench'))
}

function run(program, args, cwd) {
  return spawnSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Throws what a program said when it failed. */
function need(result) {
  if (result.status === 0) return result.stdout
  throw new Error((result.error?.message ?? `${result.stdout}${result.stderr}`).trim())
}

/** Downloads a package, unpacks it, installs its libraries, and links its programs to where npm scripts find them. */
function unpack(name) {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, `${name}-`))
  try {
    need(run('apt-get', ['--quiet=2', 'download', name], folder))
    const archive = readdirSync(folder).find((file) => file.endsWith('.deb'))
    need(aptGet('install', ...librariesOf(need(run('dpkg-deb', ['--field', archive, 'Depends'], folder)))))
    need(run('dpkg-deb', ['--extract', archive, 'unpacked'], folder))
    const home = join(cache, name)
    rmSync(home, { recursive: true, force: true })
    renameSync(join(folder, 'unpacked'), home)
    linkPrograms(join(home, 'usr', 'bin'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The shared libraries among the packages of a Depends field: "adduser, libc6 (>= 2.34), libssl3 (>= 3.0.0)". */
function librariesOf(depends) {
  const names = depends.split(',').map((entry) => entry.trim().split(/[\s(|]/)[0])
  return names.filter((name) => name.startsWith('lib'))
}

function linkPrograms(folder) {
  for (const name of readdirSync(folder)) {
    const link = join(programs, name)
    rmSync(link, { force: true })
    symlinkSync(relative(programs, join(folder, name)), link)
  }
}

function aptGet(...args) {
  const options = ['--yes', '--quiet=2', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120']
  return spawnSync('apt-get', [...options, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

/** Errors are shown, the chatter of a successful installation is not. Returns what went wrong, package by package. */
function install(missing) {
  const update = aptGet('update')
  const plain = missing.filter((oracle) => !oracle.unpacked).map((oracle) => oracle.package)
  const problems = []
  const attempt = (names, action) => {
    try {
      action()
    } catch (error) {
      problems.push(`${names}:\n${update.status === 0 ? '' : update.stderr}${error.message}`)
    }
  }
  if (plain.length > 0) attempt(plain.join(', '), () => need(aptGet('install', ...plain)))
  for (const oracle of missing.filter((each) => each.unpacked)) attempt(oracle.package, () => unpack(oracle.package))
  return problems
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
  for (const problem of install(missing)) say(`apt-get could not install ${problem}`)
}
