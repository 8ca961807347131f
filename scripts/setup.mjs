// Makes a clean clone ready to run: `node scripts/setup.mjs [--oracles [--peers]]`.
//
// Plain JavaScript that any Node since 18 runs, because it is what brings the right Node. It does nothing, in a few
// milliseconds, when nothing is to be done. Everything it says goes to stderr: stdout belongs to what runs after it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingOracles, provideOracles } from './oracles.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamp = join(modules, '.sallyport-setup')
const pinnedNode = join(modules, '.bin', 'node')
const oldestNode = 24
/** Set in the process that runs while holding the lock, so that it does not ask for it again. */
const lockHeld = 'SALLYPORT_SETUP_LOCKED'

const say = (text) => process.stderr.write(`setup: ${text}\n`)

class SetupError extends Error {}

function nodeMajor(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10)
}

/** What an installation depends on: a change of any of these makes it stale. */
function fingerprint() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`
}

function isStamped() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint()
}

/** npm writes its own list of what it installed: a developer's `npm install` is as good as our `npm ci`. */
function matchesLock() {
  const installed = join(modules, '.package-lock.json')
  if (!existsSync(installed)) return false
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(want).every(([path, entry]) => isInstalled(path, entry, have[path]))
}

function isInstalled(path, entry, installed) {
  if (!path.startsWith('node_modules/')) return true
  if (!installed) return entry.optional === true && !fitsHere(entry)
  return installed.version === entry.version && installed.integrity === entry.integrity
}

/** Does npm install this optional package on this machine? (npm leaves one out silently when its download fails.) */
function fitsHere({ os, cpu, libc }) {
  const admits = (list, value) => list === undefined || [list].flat().includes(value)
  return admits(os, process.platform) && admits(cpu, process.arch) && admits(libc, libcFamily())
}

let libc

/** A report takes milliseconds (and, with the network in it, reverse look-ups), so it is made once. */
function libcFamily() {
  process.report.excludeNetwork = true
  libc ??= process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
  return libc
}

/** The npm that started us, else the one in PATH. */
function npmCommand() {
  const cli = process.env.npm_execpath
  return cli && /npm-cli\.c?js$/.test(cli) && existsSync(cli) ? [process.execPath, cli] : ['npm']
}

function installPackages() {
  say('installing the npm packages of package-lock.json (npm ci)')
  const [program, ...before] = npmCommand()
  // No dependency needs an install script (koffi ships a prebuilt library), so none is run.
  const flags = [
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
  ]
  const result = spawnSync(program, [...before, 'ci', ...flags, '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.error)
    throw new SetupError(`npm did not start (${result.error.message}). Install npm, then run this again.`)
  if (result.status !== 0) throw new SetupError(explainFailedInstall(result.status ?? result.signal))
}

function explainFailedInstall(status) {
  return [
    `npm ci failed (${status}); what npm said is above. The usual causes:`,
    '  no way to the npm registry: check the network and `npm config get registry`;',
    `  no permission to write ${modules}: run setup as the owner of this directory;`,
    '  package.json and package-lock.json disagree: run `npm install` and commit both.',
  ].join('\n')
}

/** Some npm versions (10 among them) leave out the link to the binary of an optional package. */
function linkPinnedNode() {
  const binary = join(modules, `node-${process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(pinnedNode) || !existsSync(binary)) return
  rmSync(pinnedNode, { force: true })
  symlinkSync(relative(dirname(pinnedNode), binary), pinnedNode)
}

/** After this, `node` in an npm script is new enough: the pinned one if it runs here, else the machine's own. */
function checkNode() {
  linkPinnedNode()
  const pinned = spawnSync(pinnedNode, ['--version'], { encoding: 'utf8' })
  if (pinned.status === 0 && nodeMajor(pinned.stdout) >= oldestNode) return
  rmSync(pinnedNode, { force: true }) // one that does not run here (musl) would still come first in PATH
  if (nodeMajor(process.version) >= oldestNode) return
  const machine = `${process.platform}-${process.arch}, ${libcFamily()}`
  throw new SetupError(
    `Sallyport needs Node ${oldestNode}: this is ${process.version}, and no packaged Node runs on this machine ` +
      `(${machine}). Install Node ${oldestNode} or newer, then run this again.`,
  )
}

function setUp() {
  if (isStamped()) return
  if (!matchesLock()) installPackages()
  checkNode()
  try {
    writeFileSync(stamp, fingerprint())
  } catch (error) {
    // The packages are there but belong to somebody else: the next run compares again, which is merely slower.
    if (error.code !== 'EACCES' && error.code !== 'EROFS') throw error
  }
}

/** Two setups at once: the second waits in flock(1), whose lock the kernel drops however the first one ends. */
function setUpAlone() {
  const args = [join(root, 'package-lock.json'), process.execPath, fileURLToPath(import.meta.url)]
  const env = { ...process.env, [lockHeld]: '1' }
  const result = spawnSync('flock', args, { stdio: ['ignore', 2, 2], env })
  if (result.error?.code === 'ENOENT') return setUp()
  if (result.error) throw result.error
  if (result.status !== 0) process.exit(result.status ?? 1)
}

try {
  if (process.env[lockHeld]) setUp()
  else if (!isStamped()) setUpAlone()
  if (process.argv.includes('--oracles'))
    provideOracles(missingOracles({ peers: process.argv.includes('--peers') }), say)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  process.exitCode = 1
}
