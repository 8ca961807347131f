import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { Route } from '../route/route.ts'
import { defaultActions, exitStatus, hasActions, onEndingSignal } from './signals.ts'

const INSIDE = 'SALLYPORT_SANDBOX'

/** True in a process that {@link sandbox} started, and in its children. */
export function insideSandbox(): boolean {
  return process.env[INSIDE] === '1'
}

/**
 * Makes sure that this program runs in network, mount and pid namespaces of its own, where it may do as it likes and
 * the host notices nothing. To be awaited before anything else:
 *
 *     await sandbox()
 *
 * Outside, it starts the very same program again inside (same arguments, environment and standard streams), and exits
 * as that one does. Inside it returns, with `lo` up. Root isn't needed: an ordinary user becomes root of a user
 * namespace. However this process or the one inside ends, SIGKILL included, the kernel ends everything that was
 * started inside. To await it again does no harm. Without the right to make namespaces it says what is missing on stderr, and exits with 1.
 */
export async function sandbox(): Promise<void> {
  if (insideSandbox()) return settleIn()
  relaying ??= relay(startInside(availableNamespaces()))
  await relaying
}

let relaying: Promise<never> | undefined
let isSettled = false

function settleIn(): void {
  if (isSettled) return
  isSettled = true
  if (process.pid === 1) defaultActions()
  using route = Route.open()
  route.setLink('lo', { up: true })
}

const NAMESPACES: readonly string[] = ['--net', '--mount', '--pid', '--fork', '--kill-child']
const USER_NAMESPACE: readonly string[] = ['--user', '--map-root-user']

/** Arguments of unshare(1) that a sandbox tries, one list after the other. */
export function sandboxAttempts(root: boolean): readonly (readonly string[])[] {
  const asUser = [...USER_NAMESPACE, ...NAMESPACES]
  // Root without CAP_SYS_ADMIN, as in many containers, is an ordinary user here.
  return root ? [NAMESPACES, asUser] : [asUser]
}

/** Arguments of unshare that work here. Otherwise explains, and ends the process. */
function availableNamespaces(): readonly string[] {
  const root = process.getuid?.() === 0
  let complaint = ''
  for (const namespaces of sandboxAttempts(root)) {
    const trial = spawnSync('unshare', [...namespaces, 'true'], { encoding: 'utf8' })
    if (trial.status === 0) return namespaces
    complaint = trial.error?.message ?? trial.stderr.trim()
  }
  process.stderr.write(`sallyport: cannot make namespaces (${complaint}): ${explainRefusal(root, readProc)}\n`)
  process.exit(1)
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined // that kernel has no such switch
  }
}

/** Why a kernel refuses namespaces, from what /proc says; and what to do. */
export function explainRefusal(root: boolean, read: (path: string) => string | undefined): string {
  if (read('/proc/sys/user/max_user_namespaces') === '0') {
    return 'user namespaces are switched off: run as root, or sysctl -w user.max_user_namespaces=10000'
  }
  if (read('/proc/sys/kernel/unprivileged_userns_clone') === '0') {
    return 'only root may make user namespaces here: run as root, or sysctl -w kernel.unprivileged_userns_clone=1'
  }
  if (read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return (
      'AppArmor keeps ordinary users from using user namespaces: run as root, ' +
      'or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
    )
  }
  if (read('/proc/self/status')?.match(/^Seccomp:\s*2$/m)) {
    return 'a seccomp filter, most likely that of a container, forbids it: docker run --privileged, or run outside'
  }
  return root
    ? 'root here lacks CAP_SYS_ADMIN: docker run --privileged, or run outside of the container'
    : 'run as root, and check that the package util-linux (unshare, setpriv) is installed'
}

/**
 * setpriv: if this process dies without a word, the kernel kills unshare; and --kill-child: with unshare dies the first
 * process of the pid namespace, and with that all others in it.
 */
function startInside(namespaces: readonly string[]): ChildProcess {
  const program = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...namespaces, ...program], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  })
}

/** Passes signals in, and ends as the program inside ends. */
function relay(child: ChildProcess): Promise<never> {
  onEndingSignal((signal) => {
    const inside = programIn(child)
    if (inside === undefined) endBeforeItBegins(child, signal)
    // From a terminal, the whole process group has got it already.
    else if (signal === 'SIGTERM' || !process.stdin.isTTY) process.kill(inside, signal)
  })
  return new Promise((_, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (signal === null) process.exit(code ?? 1)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  })
}

/** unshare itself blocks SIGINT and SIGTERM; the program is its only child. Undefined: it would not notice a signal yet. */
function programIn(launcher: ChildProcess): number | undefined {
  const inside = Number(readProc(`/proc/${launcher.pid}/task/${launcher.pid}/children`))
  return inside > 0 && hasActions(readProc(`/proc/${inside}/status`)) ? inside : undefined
}

/** While Node starts inside, the kernel throws away what would end it: the first Ctrl-C must not be lost. */
function endBeforeItBegins(launcher: ChildProcess, signal: NodeJS.Signals): never {
  launcher.kill('SIGKILL')
  process.exit(exitStatus(signal))
}
